#include <autodiff/matrix/product.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <atomic>
#include <cstddef>

#include <type_traits>

#include <autodiff/error.hpp>
#include <autodiff/matrix/threads.hpp>

namespace downhill::matrix_detail {
namespace {

// Calls work with the elements as an Eigen matrix, by rows or by columns as they lie. What is neither has one row or
// one column.
template <class T, class Elements, class Work>
void as_eigen(const Elements& x, Work&& work) {
  using Eigen::Dynamic, Eigen::Index, Eigen::OuterStride;
  const auto rows = static_cast<Index>(x.layout.rows), columns = static_cast<Index>(x.layout.columns);
  const auto map = [&]<int order>(std::integral_constant<int, order>, std::size_t step) {
    using Matrix = Eigen::Matrix<std::remove_const_t<T>, Dynamic, Dynamic, order>;
    using Kept = std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>;
    work(Eigen::Map<Kept, Eigen::Unaligned, OuterStride<>>(x.data, rows, columns,
                                                           OuterStride<>(static_cast<Index>(step))));
  };
  if (x.layout.column_step == 1 || columns == 1)
    map(std::integral_constant<int, Eigen::RowMajor>{}, x.layout.row_step);
  else
    map(std::integral_constant<int, Eigen::ColMajor>{}, x.layout.column_step);
}

std::atomic<std::size_t> threads_to_use = 1;

template <class T>
void add_on_one_thread(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  as_eigen<const T>(a, [&](const auto& left) {
    as_eigen<const T>(
        b, [&](const auto& right) { as_eigen<T>(c, [&](auto result) { result.noalias() += left * right; }); });
  });
}

// Rows [begin, end).
template <class T>
Elements<T> rows_of(const Elements<T>& x, std::size_t begin, std::size_t end) {
  Elements<T> rows{x.data + begin * x.layout.row_step, x.layout};
  rows.layout.rows = end - begin;
  return rows;
}

// How many rows of the result a thread works out. A multiple of what Eigen's kernel works out at once, so that every
// element is summed in the same order however many threads there are; all of them where threads are not worth it.
std::size_t rows_at_once(std::size_t rows, std::size_t columns, std::size_t depth) {
  constexpr std::size_t step = 48, least_work = 1'000'000;  // multiplications
  const std::size_t threads = threads_to_use;
  if (threads == 1 || rows < 2 * step || rows * columns * depth < least_work) return rows;
  return (rows + threads * step - 1) / (threads * step) * step;
}

}  // namespace

template <std::floating_point T>
void add_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  if (a.layout.size() == 0 || b.layout.size() == 0) return;
  const std::size_t rows = c.layout.rows, at_once = rows_at_once(rows, c.layout.columns, a.layout.columns);
#ifdef _OPENMP
#pragma omp parallel for if (at_once < rows) num_threads(static_cast <int>((rows + at_once - 1) / at_once))
#endif
  for (std::size_t begin = 0; begin < rows; begin += at_once) {
    const std::size_t end = std::min(rows, begin + at_once);
    add_on_one_thread<T>(rows_of(a, begin, end), b, rows_of(c, begin, end));
  }
}

template void add_product(const Elements<const double>&, const Elements<const double>&, const Elements<double>&);
template void add_product(const Elements<const float>&, const Elements<const float>&, const Elements<float>&);

}  // namespace downhill::matrix_detail

namespace downhill {

void set_threads(std::size_t threads) {
  if (threads == 0) throw OptionError("set_threads: 0 threads; give at least 1");
  matrix_detail::threads_to_use = threads;
}

std::size_t threads() { return matrix_detail::threads_to_use; }

}  // namespace downhill
