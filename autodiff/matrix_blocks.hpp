#pragma once
// The operations on matrices, as blocks on the tape: what each needs to remember, and how it hands its adjoint back. An
// operand is its elements, and the slot of the first one if it is on the tape.

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <autodiff/layout.hpp>
#include <autodiff/statement.hpp>

namespace downhill::matrix_detail {

inline constexpr std::size_t passive = static_cast<std::size_t>(-1);

template <class T>
struct Operand {
  const T* data = nullptr;
  Layout layout = {};
  std::size_t slot = passive;

  bool is_active() const { return slot != passive; }
  Elements<const T> elements() const { return {data, layout}; }
  /// Its adjoints.
  Elements<T> in(T* adjoint) const { return {adjoint + slot, layout}; }
};

/// A block with N operands and a dense result of so many rows and columns.
template <class T, std::size_t N>
class OperandBlock : public Block<T> {
 public:
  OperandBlock(const std::array<Operand<T>, N>& operands, const Layout& result) : operands_(operands), result_(result) {
    for (const Operand<T>& operand : operands)
      if (operand.is_active()) runs_[count_++] = {operand.slot, operand.layout.extent()};
  }
  std::span<const Run> parents() const override { return {runs_.data(), count_}; }

 protected:
  const Operand<T>& operand(std::size_t i) const { return operands_[i]; }
  const Layout& result() const { return result_; }
  Elements<const T> result_in(const T* adjoint, std::size_t first) const { return {adjoint + first, result_}; }

 private:
  std::array<Operand<T>, N> operands_;
  Layout result_;
  std::array<Run, N> runs_;
  std::size_t count_ = 0;
};

/// y = f(x), element by element.
template <class Rule, class T>
class UnaryBlock final : public OperandBlock<T, 1> {
 public:
  UnaryBlock(const Operand<T>& x, const Layout& result, const T* y) : OperandBlock<T, 1>({x}, result), y_(y) {}
  std::string_view name() const override { return Rule::name; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Elements<const T> x = this->operand(0).elements();
    const Elements<T> to = this->operand(0).in(adjoint);
    const T *y = y_, *g = adjoint + first;
    for_each_element(this->result(), [&](std::size_t i, std::size_t j) {
      if (!is_zero(*g)) to(i, j) = to(i, j) + Rule::template slope<T>(x(i, j), *y) * *g;
      ++y, ++g;
    });
  }

 private:
  const T* y_;
};

/// v = f(x, y), element by element; rows and columns of an operand may be repeated.
template <class Rule, class T>
class BinaryBlock final : public OperandBlock<T, 2> {
 public:
  BinaryBlock(const Operand<T>& x, const Operand<T>& y, const Layout& result, const T* v)
      : OperandBlock<T, 2>({x, y}, result), v_(v) {}
  std::string_view name() const override { return Rule::name; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const auto pull = [&](const Operand<T>& to_operand, auto&& slope) {
      if (!to_operand.is_active()) return;
      const Elements<const T> x = this->operand(0).elements(), y = this->operand(1).elements();
      const Elements<T> to = to_operand.in(adjoint);
      const T *v = v_, *g = adjoint + first;
      for_each_element(this->result(), [&](std::size_t i, std::size_t j) {
        if (!is_zero(*g)) to(i, j) = to(i, j) + slope(x(i, j), y(i, j), *v) * *g;
        ++v, ++g;
      });
    };
    pull(this->operand(0), [](const T& x, const T& y, const T& v) { return Rule::template slope_x<T>(x, y, v); });
    pull(this->operand(1), [](const T& x, const T& y, const T& v) { return Rule::template slope_y<T>(x, y, v); });
  }

 private:
  const T* v_;
};

/// C = A B + b, b a row that is repeated, or nothing.
template <class T>
class ProductBlock final : public OperandBlock<T, 3> {
 public:
  using OperandBlock<T, 3>::OperandBlock;
  std::string_view name() const override { return this->operand(2).data == nullptr ? "product" : "affine"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>&a = this->operand(0), &b = this->operand(1), &row = this->operand(2);
    const Elements<const T> g = this->result_in(adjoint, first);
    if (a.is_active()) add_product<T>(g, b.elements().transposed(), a.in(adjoint));
    if (b.is_active()) add_product<T>(a.elements().transposed(), g, b.in(adjoint));
    if (row.is_active()) {
      const Elements<T> to = row.in(adjoint);
      for_each_element(this->result(), [&](std::size_t i, std::size_t j) { to(0, j) = to(0, j) + g(i, j); });
    }
  }
};

/// Sums of rows, of columns or of all: the result has one column, one row, or both.
template <class T>
class SumBlock final : public OperandBlock<T, 1> {
 public:
  using OperandBlock<T, 1>::OperandBlock;
  std::string_view name() const override { return "sum"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>& x = this->operand(0);
    const Elements<T> to = x.in(adjoint);
    const Elements<const T> g{adjoint + first, this->result().repeated(x.layout.rows, x.layout.columns)};
    for_each_element(x.layout, [&](std::size_t i, std::size_t j) { to(i, j) = to(i, j) + g(i, j); });
  }
};

/// y = x - log(sum of exp(x) over the row).
template <class T>
class LogSoftmaxBlock final : public OperandBlock<T, 1> {
 public:
  LogSoftmaxBlock(const Operand<T>& x, const Layout& result, const T* y) : OperandBlock<T, 1>({x}, result), y_(y) {}
  std::string_view name() const override { return "log_softmax"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    using std::exp;
    const Elements<const T> y{y_, this->result()}, g = this->result_in(adjoint, first);
    const Elements<T> to = this->operand(0).in(adjoint);
    for (std::size_t i = 0; i < this->result().rows; ++i) {
      T sum(0);
      for (std::size_t j = 0; j < this->result().columns; ++j) sum = sum + g(i, j);
      for (std::size_t j = 0; j < this->result().columns; ++j) to(i, j) = to(i, j) + (g(i, j) - exp(y(i, j)) * sum);
    }
  }

 private:
  const T* y_;
};

/// The mean over the rows of -log softmax(x)[label].
template <class T>
class CrossEntropyBlock final : public OperandBlock<T, 1> {
 public:
  CrossEntropyBlock(const Operand<T>& x, std::span<const T> probabilities, std::span<const std::size_t> labels)
      : OperandBlock<T, 1>({x}, Layout::dense(1, 1)), probabilities_(probabilities.data()), labels_(labels) {}
  std::string_view name() const override { return "softmax_cross_entropy"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>& x = this->operand(0);
    const T g = adjoint[first] / T(static_cast<double>(x.layout.rows));
    if (is_zero(g)) return;
    const Elements<T> to = x.in(adjoint);
    const T* p = probabilities_;
    for_each_element(x.layout, [&](std::size_t i, std::size_t j) {
      to(i, j) = to(i, j) + (j == labels_[i] ? *p - T(1) : *p) * g;
      ++p;
    });
  }

 private:
  const T* probabilities_;
  std::span<const std::size_t> labels_;
};

}  // namespace downhill::matrix_detail
