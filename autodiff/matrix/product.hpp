#pragma once
/// \file
/// Products of matrices, through Eigen.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/var_matrix.hpp>
#include <autodiff/tape/last_uses.hpp>

namespace downhill {

namespace matrix_detail {

/// c += a b, through Eigen as the elements lie, by rows or by columns; of nested numbers, one by one.
template <class T>
void add_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  for_each_element(c.layout, [&](std::size_t i, std::size_t j) {
    for (std::size_t k = 0; k < a.layout.columns; ++k) c(i, j) = c(i, j) + a(i, k) * b(k, j);
  });
}
template <std::floating_point T>
void add_product(const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c);
extern template void add_product(const Elements<const double>&, const Elements<const double>&, const Elements<double>&);
extern template void add_product(const Elements<const float>&, const Elements<const float>&, const Elements<float>&);

/// The same for a pull-back, where one factor is an adjoint and the other the slopes along which it is handed on; all
/// of them plain where 0 times any of them is 0 by itself.
template <class T>
void hand_on_product(bool plain, const Elements<const T>& a, const Elements<const T>& b, const Elements<T>& c) {
  if (plain) return add_product<T>(a, b, c);
  for_each_element(c.layout, [&](std::size_t i, std::size_t j) {
    for (std::size_t k = 0; k < a.layout.columns; ++k) c(i, j) = c(i, j) + handed_on(a(i, k), b(k, j));
  });
}
/// Is 0 times each of these elements 0 by itself?
template <class T>
bool are_plain(const Elements<const T>&) {
  return false;
}
template <std::floating_point T>
bool are_plain(const Elements<const T>& x) {
  const Runs<1> runs({x.layout});
  bool finite = true;
  with_strides<1>(runs.stride, [&](auto stride) {
    for (std::size_t r = 0; r < runs.count && finite; ++r)
      finite = are_finite(runs.length,
                          [begin = x.data + r * runs.next[0], stride](std::size_t k) { return begin[k * stride]; });
  });
  return finite;
}

/// From so many weights on, their adjoint comes in tiles also where a batch has several samples: that of fewer is in
/// cache as a whole.
inline constexpr std::size_t worth_tiles = std::size_t{1} << 17;

/// For C = A B, B parameters that lie row after row: the adjoint of A as hand_on_product has it, and that of B, which
/// was 0 before, to the sink, tile by tile. The values may move as soon as their row has been used.
template <std::floating_point T>
void hand_on_in_tiles(const Elements<const T>& a, const Elements<const T>& b, const Elements<const T>& g,
                      const Elements<T>* adjoint_of_a, const Run& parameters, const WayToSink<T>& way);
extern template void hand_on_in_tiles(const Elements<const double>&, const Elements<const double>&,
                                      const Elements<const double>&, const Elements<double>*, const Run&,
                                      const WayToSink<double>&);
extern template void hand_on_in_tiles(const Elements<const float>&, const Elements<const float>&,
                                      const Elements<const float>&, const Elements<float>*, const Run&,
                                      const WayToSink<float>&);

/// C = A B + b, b a row that is repeated, or nothing.
template <class T>
class ProductBlock final : public OperandBlock<T, 3> {
 public:
  ProductBlock(const std::array<Operand<T>, 3>& operands, const Layout& result, const T* c)
      : OperandBlock<T, 3>(operands, result), c_(c) {}
  std::string_view name() const override { return this->operand(2).data == nullptr ? "product" : "affine"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>&a = this->operand(0), &b = this->operand(1), &row = this->operand(2);
    const Elements<const T> g = this->result_in(adjoint, first);
    // What is not finite in A or B is not in C either, which is smaller.
    const bool plain = are_plain<T>(g) && are_plain<T>({c_, this->result()});
    if (a.is_active()) hand_on_product<T>(plain, g, b.elements().transposed(), a.in(adjoint));
    if (b.is_active()) hand_on_product<T>(plain, a.elements().transposed(), g, b.in(adjoint));
    if (row.is_active()) add_rows<T>(g, row.in(adjoint));
  }
  bool pull_back_to(std::size_t first, T* adjoint, const Run& parameters, const WayToSink<T>& way) const override {
    if constexpr (std::floating_point<T>) {
      const Operand<T>&a = this->operand(0), &b = this->operand(1), &row = this->operand(2);
      const Elements<const T> g = this->result_in(adjoint, first);
      if (!b.is_active() || b.slot != parameters.first || b.layout.size() != parameters.count || !b.layout.is_dense())
        return false;
      if (g.layout.rows > 1 && parameters.count < worth_tiles) return false;
      if (!are_plain<T>(g) || !are_plain<T>({c_, this->result()})) return false;
      const Elements<T> of_a = a.is_active() ? a.in(adjoint) : Elements<T>{};
      hand_on_in_tiles<T>(a.elements(), b.elements(), g, a.is_active() ? &of_a : nullptr, parameters, way);
      if (row.is_active()) add_rows<T>(g, row.in(adjoint));
      return true;
    }
    return false;
  }
  BlockWork work(std::size_t) const override {
    const Operand<T>&a = this->operand(0), &b = this->operand(1), &row = this->operand(2);
    const std::size_t rows = a.layout.rows, inner = a.layout.columns, columns = b.layout.columns;
    const double added = static_cast<double>(rows * columns), multiplied = 2 * added * static_cast<double>(inner);
    Work reverse{.operations = (a.is_active() ? multiplied : 0) + (b.is_active() ? multiplied : 0) +
                               (row.is_active() ? added : 0),
                 .read = (a.is_active() ? this->bytes(b.layout.size()) : 0) +
                         (b.is_active() ? this->bytes(a.layout.size()) : 0)};
    // The sum over `inner` starts at the bias, or at 0.
    BlockWork made = this->with_bytes({.operations = multiplied}, reverse);
    made.product = {rows, inner, columns};
    if (b.is_active() && b.layout.is_dense() && b.layout.size() >= (rows == 1 ? LastUses::large : worth_tiles)) {
      // In place of their adjoints the parameters are read and written: for the adjoint of A they are read already.
      Work to_sink = made.reverse;
      if (a.is_active()) to_sink.read -= this->bytes(b.layout.size());
      made.reverse_to_sink = to_sink;
    }
    return made;
  }

 private:
  const T* c_;
};

template <class T>
VarMatrix<T> product(const VarMatrix<T>& a, const VarMatrix<T>& b, const VarMatrix<T>* row) {
  if (a.columns() != b.rows())
    misuse::different_shapes("product", a.rows(), a.columns(), b.rows(), b.columns(),
                             "the columns of the first must be the rows of the second");
  if (row != nullptr && (row->rows() != 1 || row->columns() != b.columns()))
    misuse::different_shapes("affine", row->rows(), row->columns(), a.rows(), b.columns(),
                             "the bias must be one row, with the columns of the product");
  using R = MatrixRecorder;
  return R::on_tape<T>(row == nullptr ? R::common_tape<T>("product", a, b) : R::common_tape<T>("affine", a, b, *row),
                       [&](Tape<T>& tape) {
                         const Layout shape = Layout::dense(a.rows(), b.columns());
                         std::array<Operand<T>, 3> operands{R::operand(tape, a), R::operand(tape, b), {}};
                         const std::span<T> c = R::values(tape, shape);
                         if (row == nullptr) {
                           std::ranges::fill(c, T(0));
                         } else {
                           operands[2] = R::operand(tape, *row, shape);
                           const Elements<const T> bias = operands[2].elements();
                           for (std::size_t j = 0; j < c.size() && j < shape.columns; ++j) c[j] = bias(0, j);
                           for (std::size_t i = 1; i < shape.rows; ++i)
                             std::copy_n(c.data(), shape.columns, c.data() + i * shape.columns);
                         }
                         add_product<T>(operands[0].elements(), operands[1].elements(), {c.data(), shape});
                         return R::record<ProductBlock<T>, T>(tape, shape, c, operands, shape, c.data());
                       });
}

}  // namespace matrix_detail

/// The matrix product A B, (n x k) (k x m): n x m. Either may be a transpose, which is not copied.
template <class T>
VarMatrix<T> product(const VarMatrix<T>& a, const VarMatrix<T>& b) {
  return matrix_detail::product<T>(a, b, nullptr);
}
/// X W + b, with the row b, 1 x m, added to every row.
template <class T>
VarMatrix<T> affine(const VarMatrix<T>& x, const VarMatrix<T>& w, const VarMatrix<T>& b) {
  return matrix_detail::product<T>(x, w, &b);
}

template <class... X>
  requires MixedMatrices<X...>
auto product(const X&...) {
  return matrix_detail::refuse_mixed<X...>();
}
template <class... X>
  requires MixedMatrices<X...>
auto affine(const X&...) {
  return matrix_detail::refuse_mixed<X...>();
}

}  // namespace downhill
