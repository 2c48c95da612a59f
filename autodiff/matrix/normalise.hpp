#pragma once
/// \file
/// What networks do to activations between two layers: layer_norm gives rows the mean 0 and the variance 1, and dropout
/// drops some elements.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <autodiff/matrix/elementwise.hpp>
#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/product.hpp>

namespace downhill {

namespace matrix_detail {

/// y = gain u + bias, u = (x - mean) / sqrt(variance + epsilon) over the row. With h = g gain, the adjoint of x is
/// (h - mean(h) - u mean(h u)) / sqrt(variance + epsilon).
template <class T>
class LayerNormBlock final : public OperandBlock<T, 3> {
 public:
  LayerNormBlock(const std::array<Operand<T>, 3>& operands, const Layout& result, std::span<const T> normal,
                 std::span<const T> scale, std::span<T> weighed)
      : OperandBlock<T, 3>(operands, result), normal_(normal), scale_(scale), weighed_(weighed) {}
  std::string_view name() const override { return "layer_norm"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>&x = this->operand(0), &gain = this->operand(1), &bias = this->operand(2);
    const std::size_t columns = x.layout.columns;
    const Wide<T> count = Wide<T>(static_cast<double>(columns));
    T* const h = weighed_.data();
    const T* const all = adjoint + first;
    if (gain.is_active())
      add_rows_of(x.layout.rows, gain.in(adjoint), [&](std::size_t k) {
        return is_zero(all[k]) ? Wide<T>(T(0)) : Wide<T>(Wide<T>(all[k]) * normal_[k]);
      });
    if (bias.is_active()) add_rows_of(x.layout.rows, bias.in(adjoint), [&](std::size_t k) { return Wide<T>(all[k]); });
    if (!x.is_active()) return;
    for (std::size_t i = 0; i < x.layout.rows; ++i) {
      const T *const g = all + i * columns, *const u = normal_.data() + i * columns;
      for (std::size_t j = 0; j < columns; ++j) h[j] = handed_on(gain.elements()(0, j), g[j]);
      if (are_zero(columns, h)) continue;
      const Wide<T> mean = wide_sum_of<T>(0, columns, [&](std::size_t j) { return h[j]; }) / count;
      const Wide<T> along =
          wide_sum_of<T>(0, columns, [&](std::size_t j) { return Wide<T>(h[j]) * Wide<T>(u[j]); }) / count;
      const Elements<T> to = x.in(adjoint);
      for (std::size_t j = 0; j < columns; ++j) to(i, j) = to(i, j) + T((h[j] - mean - u[j] * along) * scale_[i]);
    }
  }
  // Forward for each element: the sum, the difference, its square and their sum, the scale, gain and bias. Back to x:
  // h, its mean, that of h u, the difference of three, two products and the sum.
  BlockWork work(std::size_t results) const override {
    const auto n = static_cast<double>(results), rows = static_cast<double>(this->result().rows);
    Work reverse;
    if (this->operand(0).is_active()) reverse += {.operations = 9 * n, .read = this->bytes(results)};
    if (this->operand(1).is_active()) reverse += {.operations = 2 * n};
    if (this->operand(2).is_active()) reverse += {.operations = n};
    return this->with_bytes({.operations = 7 * n + 4 * rows, .functions = rows}, reverse,
                            normal_.size() + scale_.size());
  }

 private:
  // One row += the sum of f over each column.
  template <class F>
  static void add_rows_of(std::size_t rows, const Elements<T>& to, F&& f) {
    const std::size_t columns = to.layout.columns;
    if constexpr (std::floating_point<T>)
      add_columns<T>(
          rows, columns, [&](std::size_t i, std::size_t j) { return f(i * columns + j); }, to.data,
          to.layout.column_stride);
    else
      for_each_element(Layout::dense(rows, columns),
                       [&](std::size_t i, std::size_t j) { to(0, j) = to(0, j) + f(i * columns + j); });
  }

  std::span<const T> normal_, scale_;
  std::span<T> weighed_;
};

/// Writes u = (x - mean) / sqrt(variance + epsilon) of n numbers x(j) and 1 / sqrt(variance + epsilon); returns the
/// variance of unit x. The mean is counted from the first number on: it is right to the last digit of their distances,
/// however far they lie from 0. `unit` is a power of 2, by which all are multiplied before they are squared.
template <class T, class X>
Wide<T> normalise(std::size_t n, X&& x, double epsilon, double unit, T* u, T& scale) {
  using W = Wide<T>;
  const W count = W(static_cast<double>(n)), by = W(unit), origin = W(x(0)) * by;
  const auto distance = [&](std::size_t j) { return W(W(x(j)) * by - origin); };
  const W mean = wide_sum_of<T>(0, n, distance) / count;
  const auto deviation = [&](std::size_t j) { return W(distance(j) - mean); };
  const W variance = wide_sum_of<T>(0, n, [&](std::size_t j) { return deviation(j) * deviation(j); }) / count;
  const W inverse = W(1) / Sqrt::value(W(variance + W(epsilon * unit * unit)));
  for (std::size_t j = 0; j < n; ++j) u[j] = T(deviation(j) * inverse);
  scale = T(inverse * by);
  return variance;
}

/// The same, in a unit in which no square overflows, and where epsilon is 0, none underflows.
template <class T, class X>
void normalise(std::size_t n, X&& x, double epsilon, T* u, T& scale) {
  const Wide<T> variance = normalise<T>(n, x, epsilon, 1, u, scale);
  if (!(variance <= std::numeric_limits<double>::max())) [[unlikely]]
    normalise<T>(n, x, epsilon, 0x1p-600, u, scale);
  else if (epsilon == 0 && variance < 1e-250) [[unlikely]]
    normalise<T>(n, x, epsilon, 0x1p500, u, scale);
}

}  // namespace matrix_detail

/// gain (x - mean) / sqrt(variance + epsilon) + bias, with the mean and the variance (divided by m) of each row of x,
/// n x m; gain and bias are rows, 1 x m. Throws ShapeError for other shapes or empty rows. Ba, Kiros and Hinton, "Layer
/// normalization" (2016).
template <class T>
VarMatrix<T> layer_norm(const VarMatrix<T>& x, const VarMatrix<T>& gain, const VarMatrix<T>& bias,
                        double epsilon = 1e-5) {
  using R = MatrixRecorder;
  for (const VarMatrix<T>* row : {&gain, &bias})
    if (row->rows() != 1 || row->columns() != x.columns())
      misuse::different_shapes("layer_norm", x.rows(), x.columns(), row->rows(), row->columns(),
                               "gain and bias must be one row, with the columns of the matrix");
  if (x.columns() == 0) misuse::empty_range("layer_norm");
  return R::on_tape<T>(R::common_tape<T>("layer_norm", x, gain, bias), [&](Tape<T>& tape) {
    const std::size_t columns = x.columns();
    const Layout shape = Layout::dense(x.rows(), columns);
    const std::array operands{R::operand(tape, x), R::operand(tape, gain), R::operand(tape, bias)};
    const auto [from, of_gain, of_bias] = matrix_detail::elements_of(operands);
    const std::span<T> y = R::values(tape, shape), normal = R::values(tape, shape),
                       scale = R::memory<T>(tape, x.rows());
    for (std::size_t i = 0; i < x.rows(); ++i) {
      T* const u = normal.data() + i * columns;
      const auto& row = from;  // clang 14 captures no structured bindings
      matrix_detail::normalise<T>(columns, [&](std::size_t j) { return row(i, j); }, epsilon, u, scale[i]);
      for (std::size_t j = 0; j < columns; ++j) y[i * columns + j] = u[j] * of_gain(0, j) + of_bias(0, j);
    }
    return R::record<matrix_detail::LayerNormBlock<T>, T>(tape, shape, y, operands, shape, normal, scale,
                                                          R::memory<T>(tape, columns));
  });
}

/// Of the rows of a batch, those that a matrix has: of a training that several processes share, each has some.
struct RowsOfBatch {
  std::span<const std::size_t> rows = {};  ///< rising, from 0
  std::size_t of = 0;                      ///< rows of the batch; 0: the matrix has them all
};

/// Sets each element to 0 with the probability `rate`, and divides the others by 1 - rate, so that the mean stays. The
/// generator gives 64 random bits a call, as std::mt19937_64 does; one call serves two elements. Throws OptionError
/// unless 0 <= rate < 1. Srivastava and others, "Dropout: a simple way to prevent neural networks from overfitting",
/// JMLR 15 (2014).
///
/// Where x has some rows of a batch, they lose what they would lose in the batch, and the generator goes as far as it
/// would there. Throws ShapeError unless `part` has a row for each of x.
template <class T, class Generator>
VarMatrix<T> dropout(const VarMatrix<T>& x, double rate, Generator& generator, const RowsOfBatch& part = {}) {
  using R = MatrixRecorder;
  static_assert(Generator::min() == 0 && Generator::max() == ~std::uint64_t{0}, "dropout needs 64 random bits a call");
  if (!(rate >= 0 && rate < 1)) misuse::no_dropout_rate(rate);
  const bool is_whole = part.of == 0;
  if (!is_whole && part.rows.size() != x.rows()) misuse::different_sizes("dropout, rows", x.rows(), part.rows.size());
  return R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const std::span<T> mask = R::memory<T>(tape, x.size());
    const auto least = static_cast<std::uint32_t>(rate * 0x1p32);
    const T kept = T(1 / (1 - rate));
    std::uint64_t bits = 0;
    std::size_t k = 0;  // of the whole batch
    const auto draw = [&] {
      bits = k % 2 == 0 ? generator() : bits >> 32;
      ++k;
      return static_cast<std::uint32_t>(bits) < least ? T(0) : kept;
    };
    const auto draw_up_to = [&](std::size_t row) {
      while (k < row * x.columns()) draw();
    };
    for (std::size_t i = 0; i < x.rows(); ++i) {
      if (!is_whole) draw_up_to(part.rows[i]);
      for (std::size_t j = 0; j < x.columns(); ++j) mask[i * x.columns() + j] = draw();
    }
    if (!is_whole) draw_up_to(part.of);
    return x * VarMatrix<T>::constant(mask, x.rows(), x.columns());
  });
}

template <class... X>
  requires MixedMatrices<X...>
auto layer_norm(const X&...) {
  return matrix_detail::refuse_mixed<X...>();
}

}  // namespace downhill
