#pragma once
/// \file
/// Functions and operators element by element: every rule of calculus.hpp, applied to runs of numbers in memory.

#include <Eigen/Core>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <autodiff/calculus.hpp>
#include <autodiff/calculus/work.hpp>
#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

namespace matrix_detail {

/// v = f(x...), element by element; rows and columns of an operand may be repeated.
template <class Rule, class T, std::size_t N>
class ElementwiseBlock final : public OperandBlock<T, N> {
 public:
  ElementwiseBlock(const std::array<Operand<T>, N>& x, const Layout& result, const T* v)
      : OperandBlock<T, N>(x, result), v_(v) {}
  std::string_view name() const override { return Rule::name; }
  void pull_back(std::size_t first, T* adjoint) const override {
    for_each_index<N>([&](auto i) {
      if (this->operand(i).is_active())
        pull_back_along<Rule, i, T, N>(this->elements(), v_, adjoint + first, adjoint + this->operand(i).slot);
    });
  }
  BlockWork work(std::size_t results) const override {
    const auto each = static_cast<double>(results);
    Work reverse;
    for (std::size_t i = 0; i < N; ++i) {
      if (!this->operand(i).is_active()) continue;
      reverse += each * pull_back_work<Rule>(i);
      reverse.read += this->bytes(results);  // the values, of which slopes are made
    }
    return this->with_bytes(each * value_work<Rule>(N), reverse);
  }

 private:
  const T* v_;
};

template <class X>
bool is_on_tape(const X& x) {
  if constexpr (AnyMatrix<X> || AnyVar<X>)
    return x.tape() != nullptr;
  else
    return false;
}
template <class Rule>
struct OfConstants {
  template <class T, class... X>
  static T value(const X&... x) {
    return value_of_constants<Rule, T>(x...);
  }
};

template <class Rule, class T, class... X>
VarMatrix<T> elementwise(const X&... x) {
  Layout shape = Layout::dense(1, 1);
  ((shape = common_shape(Rule::name, shape, MatrixRecorder::layout_of<T>(x))), ...);
  return MatrixRecorder::on_tape<T>(MatrixRecorder::common_tape<T>(Rule::name, x...), [&](Tape<T>& tape) {
    using Block = ElementwiseBlock<Rule, T, sizeof...(X)>;
    const std::array operands{MatrixRecorder::operand(tape, x, shape)...};
    const std::span<T> v = MatrixRecorder::values(tape, shape);
    if constexpr (Active<T>)
      (is_on_tape(x) || ...) && !tape.is_generic()
          ? evaluate<Rule, T, sizeof...(X)>(elements_of(operands), v.data())
          : evaluate<OfConstants<Rule>, T, sizeof...(X)>(elements_of(operands), v.data());
    else
      evaluate<Rule, T, sizeof...(X)>(elements_of(operands), v.data());
    return MatrixRecorder::record<Block, T>(tape, shape, v, operands, shape, v.data());
  });
}

}  // namespace matrix_detail

/// Numbers, Vars and matrices of which at least one is a matrix.
template <class... X>
concept WithMatrix = (AnyMatrix<X> || ...) && Number<X...>;

/// The rule element by element, with rows, columns and scalars repeated: one block.
template <class Rule, class... X>
  requires WithMatrix<X...>
auto apply(const X&... x) {
  using T = typename matrix_detail::ScalarOf<X...>::type;
  if constexpr (demand_one_type<T, X...>()) return matrix_detail::elementwise<Rule, T>(x...);
}
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator+(const X& x, const Y& y) {
  return apply<Add>(x, y);
}
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator-(const X& x, const Y& y) {
  return apply<Subtract>(x, y);
}
/// Element by element; for the product of matrices see `product`.
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator*(const X& x, const Y& y) {
  return apply<Multiply>(x, y);
}
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator/(const X& x, const Y& y) {
  return apply<Divide>(x, y);
}
/// An Eigen matrix beside a VarMatrix is refused: element by element or as matrices, which product was meant?
template <class X, class Y>
concept EigenBesideMatrix = (AnyMatrix<X> && std::derived_from<Y, Eigen::EigenBase<Y>>) ||
                            (AnyMatrix<Y> && std::derived_from<X, Eigen::EigenBase<X>>);
namespace matrix_detail {
template <class X>
auto refuse_eigen() {
  static_assert(
      !std::is_same_v<X, X>,
      "an Eigen matrix beside a VarMatrix<T>: write product(a, VarMatrix<T>(b)) for the product of matrices, or "
      "VarMatrix<T>(b) for + - * /, which work element by element");
  return false;
}
}  // namespace matrix_detail
template <class X, class Y>
  requires EigenBesideMatrix<X, Y>
auto operator+(const X&, const Y&) {
  return matrix_detail::refuse_eigen<X>();
}
template <class X, class Y>
  requires EigenBesideMatrix<X, Y>
auto operator-(const X&, const Y&) {
  return matrix_detail::refuse_eigen<X>();
}
template <class X, class Y>
  requires EigenBesideMatrix<X, Y>
auto operator*(const X&, const Y&) {
  return matrix_detail::refuse_eigen<X>();
}
template <class X, class Y>
  requires EigenBesideMatrix<X, Y>
auto operator/(const X&, const Y&) {
  return matrix_detail::refuse_eigen<X>();
}
template <class T>
VarMatrix<T> operator-(const VarMatrix<T>& x) {
  return apply<Negate>(x);
}
template <class T>
VarMatrix<T> operator+(const VarMatrix<T>& x) {
  return x;
}
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y>
VarMatrix<T>& operator+=(VarMatrix<T>& x, const Y& y) {
  return x = x + y;
}
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y>
VarMatrix<T>& operator-=(VarMatrix<T>& x, const Y& y) {
  return x = x - y;
}
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y>
VarMatrix<T>& operator*=(VarMatrix<T>& x, const Y& y) {
  return x = x * y;
}
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y>
VarMatrix<T>& operator/=(VarMatrix<T>& x, const Y& y) {
  return x = x / y;
}

}  // namespace downhill
