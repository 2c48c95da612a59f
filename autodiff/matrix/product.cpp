#include <autodiff/matrix/product.hpp>

#include <Eigen/Core>

#include <type_traits>

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

}  // namespace

template <std::floating_point T>
void add_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  if (a.layout.size() == 0 || b.layout.size() == 0) return;
  as_eigen<const T>(a, [&](const auto& left) {
    as_eigen<const T>(
        b, [&](const auto& right) { as_eigen<T>(c, [&](auto result) { result.noalias() += left * right; }); });
  });
}

template void add_product(const Elements<const double>&, const Elements<const double>&, const Elements<double>&);
template void add_product(const Elements<const float>&, const Elements<const float>&, const Elements<float>&);

}  // namespace downhill::matrix_detail
