#pragma once
/// \file
/// Softmax, its logarithm, and the logarithm of the sum of exponentials, row by row.
///
/// All of them first subtract the largest element of the row, so that nothing overflows.

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/var_matrix.hpp>
#include <autodiff/ranges.hpp>
#include <autodiff/threads.hpp>

namespace downhill {

namespace matrix_detail {

template <class T>
struct ExpSum {
  T largest, sum;   // of a row: its largest element m, and the sum of exp(x - m)
  std::size_t at;   // where m stands (the first of several)
  T rest, log_sum;  // the sum of the others, and log(sum) = log(1 + rest), in which they are not lost beside the 1
};

/// Where the largest of n numbers stands: the first of several.
template <class X>
std::size_t largest_of(std::size_t n, X&& x) {
  std::size_t at = 0;
  for (std::size_t j = 1; j < n; ++j)
    if (x(j) > x(at)) at = j;
  return at;
}

/// Writes exp(x_ij - m_i) to e, and calls visit(i, ExpSum of row i).
template <class T, class Visit>
void exponentials_by_row(const Elements<const T>& x, T* e, Visit&& visit) {
  const Layout shape = Layout::dense(x.layout.rows, x.layout.columns);
  const std::size_t columns = shape.columns;
  const auto largest_in = [&](std::size_t i) { return largest_of(columns, [&](std::size_t j) { return x(i, j); }); };
  // A row of -infinity alone has a sum of 0.
  const auto taken_away = [&](std::size_t i, std::size_t at) {
    return x(i, at) < std::numeric_limits<double>::lowest() ? T(0) : x(i, at);
  };
  if (columns == 0) return;
  for (std::size_t i = 0; i < shape.rows; ++i) {
    const T largest = taken_away(i, largest_in(i));
    for (std::size_t j = 0; j < columns; ++j) e[i * columns + j] = x(i, j) - largest;
  }
  evaluate<Exp, T, 1>({Elements<const T>{e, shape}}, e);
  for (std::size_t i = 0; i < shape.rows; ++i) {
    const T* const row = e + i * columns;
    const std::size_t at = largest_in(i);
    const auto element = [&](std::size_t j) { return row[j]; };
    const Wide<T> before = wide_sum_of<T>(0, at, element), others = before + wide_sum_of<T>(at + 1, columns, element);
    const T rest = T(others), sum = T(others + row[at]);
    visit(i, ExpSum<T>{taken_away(i, at), sum, at, rest, row[at] == T(1) ? Log1p::value(rest) : Log::value(sum)});
  }
}

// Functions of a row x by way of p = softmax x, m elements of each: what the adjoint g of the result hands on to x_j.

/// y = p. To x_j: p_j (g_j - sum of g p over the row). All g are counted from the g of the largest p, since that p may
/// be nearly all of the sum.
struct Softmax {
  static constexpr std::string_view name = "softmax";
  template <class T, class Add>
  static void pull_back(const T* p, const T* g, std::size_t m, Add&& add) {
    if (m == 0) return;
    const T base = g[largest_of(m, [&](std::size_t j) { return p[j]; })];
    const T mean = sum_of<T>(m, [&](std::size_t j) { return handed_on(p[j], T(g[j] - base)); });
    for (std::size_t j = 0; j < m; ++j) add(j, handed_on(p[j], T((g[j] - base) - mean)));
  }
};
/// y = x - log(sum of exp(x) over the row). To x_j: g_j - p_j (sum of g over the row), which for the largest p is g_j
/// (sum of the other p) - p_j (sum of the other g).
struct LogSoftmax {
  static constexpr std::string_view name = "log_softmax";
  template <class T, class Add>
  static void pull_back(const T* p, const T* g, std::size_t m, Add&& add) {
    if (m == 0) return;
    const std::size_t at = largest_of(m, [&](std::size_t j) { return p[j]; });
    const auto others = [&](const T* x) {
      const Wide<T> before = wide_sum_of<T>(0, at, [&](std::size_t j) { return x[j]; });
      return before + wide_sum_of<T>(at + 1, m, [&](std::size_t j) { return x[j]; });
    };
    const Wide<T> of_g = others(g);
    const T sum = T(of_g + g[at]);
    for (std::size_t j = 0; j < m; ++j)
      add(j, j == at ? T(g[j] * others(p) - p[j] * of_g) : T(g[j] - handed_on(p[j], sum)));
  }
};
/// y = log(sum of exp(x) over the row), one number. To x_j: p_j g.
struct LogSumExp {
  static constexpr std::string_view name = "log_sum_exp";
  template <class T, class Add>
  static void pull_back(const T* p, const T* g, std::size_t m, Add&& add) {
    for (std::size_t j = 0; j < m; ++j) add(j, handed_on(p[j], *g));
  }
};

/// Softmax of so many rows and columns: the largest, differences, exponentials, their sum, quotients.
inline Work softmax_work(std::size_t rows, std::size_t columns) {
  const auto n = static_cast<double>(rows), m = static_cast<double>(columns);
  return {.operations = n * (columns == 0 ? 0 : 4 * m - 2), .functions = n * m};
}

/// One of these, for each row.
template <class Function, class T>
class OfSoftmaxBlock final : public OperandBlock<T, 1> {
 public:
  OfSoftmaxBlock(const std::array<Operand<T>, 1>& x, const Layout& result, const T* p)
      : OperandBlock<T, 1>(x, result), p_(p) {}
  std::string_view name() const override { return Function::name; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Elements<T> to = this->operand(0).in(adjoint);
    const std::size_t columns = to.layout.columns;
    in_stretches(to.layout.rows, 8 * columns, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const T* const g = adjoint + first + this->result().at(i, 0);
        if (are_zero(this->result().columns, g)) continue;
        Function::template pull_back<T>(p_ + i * columns, g, columns,
                                        [&](std::size_t j, const T& part) { to(i, j) = to(i, j) + part; });
      }
    });
  }
  BlockWork work(std::size_t) const override {
    const Layout& of = this->operand(0).layout;
    const auto n = static_cast<double>(of.rows), m = static_cast<double>(of.columns);
    Work forward = softmax_work(of.rows, of.columns), reverse{.operations = n * (6 * m - 1)};
    if constexpr (std::is_same_v<Function, LogSoftmax>) {
      forward += {.operations = 2 * n * m, .functions = n};
      reverse = {.operations = n * (4 * m - 1)};
    } else if constexpr (std::is_same_v<Function, LogSumExp>) {
      forward += {.operations = n, .functions = n};
      reverse = {.operations = 2 * n * m};
    }
    return this->with_bytes(forward, reverse, of.size());
  }

 private:
  const T* p_;
};

/// Divides a row of exponentials by their sum.
template <class T>
void share(T* e, std::size_t columns, const T& sum) {
  for (std::size_t j = 0; j < columns; ++j) e[j] = e[j] / sum;
}

/// A function of each row of x by way of softmax: write(i, sums, x, row of softmax, values) has the values of row i.
template <class Function, class T, class Write>
VarMatrix<T> of_softmax(const VarMatrix<T>& x, std::size_t result_columns, Write&& write) {
  using R = MatrixRecorder;
  return R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(x.rows(), result_columns);
    const std::array operands{R::operand(tape, x)};
    const Elements<const T> from = operands[0].elements();
    const std::span<T> p = R::memory<T>(tape, x.size()), y = R::values(tape, shape);
    const std::size_t columns = x.columns();
    in_stretches(x.rows(), 32 * columns, [&](std::size_t begin, std::size_t end) {
      exponentials_by_row<T>(from.row_stretch(begin, end), p.data() + begin * columns,
                             [&](std::size_t i, const ExpSum<T>& of) {
                               const std::size_t row = begin + i;
                               share(p.data() + row * columns, columns, of.sum);
                               write(row, of, from, p.data() + row * columns, y.data() + row * result_columns);
                             });
    });
    return R::record<OfSoftmaxBlock<Function, T>, T>(tape, shape, y, operands, shape, p.data());
  });
}

}  // namespace matrix_detail

/// exp(x) / (sum of exp(x) over the row), for each row.
template <class T>
VarMatrix<T> softmax(const VarMatrix<T>& x) {
  return matrix_detail::of_softmax<matrix_detail::Softmax>(
      x, x.columns(), [&](std::size_t, const auto&, const auto&, const T* p, T* y) { std::copy_n(p, x.columns(), y); });
}
/// x - log(sum of exp(x) over the row), for each row.
template <class T>
VarMatrix<T> log_softmax(const VarMatrix<T>& x) {
  return matrix_detail::of_softmax<matrix_detail::LogSoftmax>(
      x, x.columns(), [&](std::size_t i, const auto& of, const auto& from, const T*, T* y) {
        for (std::size_t j = 0; j < x.columns(); ++j) y[j] = (from(i, j) - of.largest) - of.log_sum;
      });
}
/// log(sum of exp(x) over the row): n x 1. Where the largest element is infinite, so is the result, and the elements
/// that are as large share the slope 1 in equal parts (as for log_sum_exp of ranges). Throws ShapeError for rows
/// without elements.
template <class T>
VarMatrix<T> log_sum_exp_of_rows(const VarMatrix<T>& x) {
  if (x.columns() == 0) misuse::empty_range("log_sum_exp_of_rows");
  return matrix_detail::of_softmax<matrix_detail::LogSumExp>(
      x, 1, [&](std::size_t i, const auto& of, const auto& from, T* p, T* y) {
        *y = of.largest + of.log_sum;
        if (is_finite(from(i, of.at))) return;
        std::vector<T> row;
        for (std::size_t j = 0; j < x.columns(); ++j) row.push_back(from(i, j));
        const ranges_detail::LogSumExp<T> exact(row);
        *y = exact.result();
        for (std::size_t j = 0; j < x.columns(); ++j) p[j] = exact.slope(row[j], j);
      });
}

}  // namespace downhill
