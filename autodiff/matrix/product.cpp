#include <autodiff/matrix/product.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <type_traits>

#include <autodiff/threads.hpp>

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
  if (x.layout.column_stride == 1 || columns == 1)
    map(std::integral_constant<int, Eigen::RowMajor>{}, x.layout.row_stride);
  else
    map(std::integral_constant<int, Eigen::ColMajor>{}, x.layout.column_stride);
}

template <class T>
void add_product_here(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  as_eigen<const T>(a, [&](const auto& left) {
    as_eigen<const T>(
        b, [&](const auto& right) { as_eigen<T>(c, [&](auto result) { result.noalias() += left * right; }); });
  });
}

// Rows or columns of a product, for one thread at a time. Eigen computes an element by the same operations in a piece
// as in the whole if pieces begin where its own tiles do, at multiples of 12, 24 or 48 by the width of the registers,
// and if none is so narrow that it is computed otherwise.
class Pieces {
 public:
  explicit Pieces(std::size_t size) : size_(size), count_(std::max<std::size_t>(1, (size + width - narrow) / width)) {}
  std::size_t count() const { return count_; }
  std::size_t begin(std::size_t i) const { return i * width; }
  std::size_t size(std::size_t i) const { return (i + 1 == count_ ? size_ : begin(i + 1)) - begin(i); }

 private:
  static constexpr std::size_t width = 192, narrow = 48;
  std::size_t size_, count_;
};

template <class T>
Elements<T> part(const Elements<T>& x, std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
  return {x.data + x.layout.at(row, column), {rows, columns, x.layout.row_stride, x.layout.column_stride}};
}

}  // namespace

template <std::floating_point T>
void add_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  if (a.layout.size() == 0 || b.layout.size() == 0) return;
  const std::size_t rows = c.layout.rows, columns = c.layout.columns, inner = a.layout.columns;
  const Pieces down(rows), right(columns);
  const std::size_t pieces = down.count() * right.count();
  constexpr std::size_t worth_it = 1'000'000;  // multiplications: 10 microseconds or more
  const std::size_t team = team_for(pieces);
  if (team == 1 || rows == 1 || columns == 1 || rows * columns * inner < worth_it) return add_product_here(a, b, c);
  in_parallel(pieces, team, [&](std::size_t i, std::size_t) {
    const std::size_t row = i / right.count(), column = i % right.count();
    add_product_here<T>(part(a, down.begin(row), down.size(row), 0, inner),
                        part(b, 0, inner, right.begin(column), right.size(column)),
                        part(c, down.begin(row), down.size(row), right.begin(column), right.size(column)));
  });
}

template void add_product(const Elements<const double>&, const Elements<const double>&, const Elements<double>&);
template void add_product(const Elements<const float>&, const Elements<const float>&, const Elements<float>&);

}  // namespace downhill::matrix_detail
