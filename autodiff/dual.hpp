#pragma once
/// \file
/// Forward mode: a value carrying its tangent.
///
/// A tangent is the derivative of a value along a direction in which the inputs move. An input x that moves by 1 is
/// Dual(x, 1); what is computed from it carries its own derivative along, by the chain rule, as it goes:
///
///     f(x, y):   tangent = df/dx * tangent of x + df/dy * tangent of y
///
/// No tape is needed, and one evaluation gives the derivative of every result by one input, where a reverse sweep gives
/// that of one result by every input. Dual<T, N> carries N tangents at once, along N directions.
///
/// T may be a Dual again: Dual<Dual<double>> has second derivatives, and Tape<Dual<double>> sweeps the gradient
/// together with its derivative along a direction, a Hessian-vector product. Source: Griewank and Walther, "Evaluating
/// Derivatives" (2008), chapter 3; Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6
/// (1994).

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>

#include <autodiff/calculus.hpp>
#include <autodiff/calculus/smoothness.hpp>
#include <autodiff/ranges/total.hpp>
#include <autodiff/simd/lanes.hpp>

namespace downhill {

template <class T = double, std::size_t N = 1>
class Dual;
/// A Dual carries derivatives, and a tape may be of Duals where it may be of what is inside them.
template <class T, std::size_t N>
inline constexpr bool is_active_type<Dual<T, N>> = true;
template <class T, std::size_t N>
inline constexpr bool is_differentiable<Dual<T, N>> = is_differentiable<T>;

/// How many Duals are nested in X: 0 for a plain number, 2 for Dual<Dual<double>>.
template <class X>
inline constexpr int dual_depth = 0;
template <class T, std::size_t N>
inline constexpr int dual_depth<Dual<T, N>> = 1 + dual_depth<T>;
template <class X>
concept AnyDual = dual_depth<std::remove_cvref_t<X>> > 0;

/// Can an X stand where a D is wanted, as a constant? A plain number can, and so can the number inside a nested Dual.
template <class X, class D>
inline constexpr bool is_constant_of = false;
template <Plain X, class T, std::size_t N>
inline constexpr bool is_constant_of<X, Dual<T, N>> = true;
template <AnyDual X, class T, std::size_t N>
inline constexpr bool is_constant_of<X, Dual<T, N>> = std::same_as<X, T> || is_constant_of<X, T>;

/// A value and its tangents along N directions; a constant, whose tangents are 0, when made from a number.
template <class T, std::size_t N>
class Dual {
  static_assert(!std::is_integral_v<T> && std::is_same_v<T, std::decay_t<T>>,
                "a Dual is of double or float, or of such Duals: write Dual<double>; whole numbers have no "
                "derivatives");

 public:
  using value_type = T;
  static constexpr std::size_t directions = N;

  constexpr Dual() = default;
  template <class X>
    requires is_constant_of<X, Dual>
  constexpr Dual(const X& number) : value_(static_cast<T>(number)) {}
  constexpr Dual(const T& value, const std::array<T, N>& tangents) : tangents_(tangents), value_(value) {}
  constexpr Dual(const T& value, const T& tangent)
    requires(N == 1)
      : tangents_(std::array<T, 1>{tangent}), value_(value) {}
  constexpr Dual(const T& value, const Lanes<T, N>& tangents) : tangents_(tangents), value_(value) {}

  /// An input that moves by 1 along the i-th direction, and not along the others.
  static constexpr Dual variable(const T& value, std::size_t i = 0) { return Dual(value, Lanes<T, N>::unit(i)); }

  /// The primal: the number itself.
  constexpr const T& value() const { return value_; }
  /// Its derivative along the i-th direction.
  constexpr T tangent(std::size_t i = 0) const { return tangents_[i]; }
  constexpr std::array<T, N> tangents() const {
    std::array<T, N> all;
    for (std::size_t i = 0; i < N; ++i) all[i] = tangents_[i];
    return all;
  }
  constexpr const Lanes<T, N>& lanes() const { return tangents_; }
  template <Plain X>
  explicit constexpr operator X() const {
    return static_cast<X>(value_);
  }

  /// Comparisons are by value.
  friend constexpr bool operator==(const Dual& x, const Dual& y) { return x.value_ == y.value_; }
  friend constexpr auto operator<=>(const Dual& x, const Dual& y) { return x.value_ <=> y.value_; }

 private:
  Lanes<T, N> tangents_{};
  T value_{};
};

// ---- the chain rule

/// The Dual that operands have in common: the one that is nested deepest.
template <class... X>
struct CommonDual;
template <class X>
struct CommonDual<X> {
  using type = X;
};
template <class X, class Y, class... Z>
struct CommonDual<X, Y, Z...> : CommonDual<std::conditional_t<(dual_depth<Y> > dual_depth<X>), Y, X>, Z...> {};

/// Is each X a D, or a constant that can stand where a D is wanted?
template <class D, class... X>
inline constexpr bool all_stand_for = ((std::same_as<X, D> || is_constant_of<X, D>) && ...);
/// A Dual, and what may be mixed with it.
template <class... X>
concept WithDual = (AnyDual<X> || ...) &&
                   all_stand_for<typename CommonDual<std::remove_cvref_t<X>...>::type, std::remove_cvref_t<X>...>;

/// The value of an operand as T, the scalar of D.
template <class D, class X>
[[gnu::always_inline]] constexpr typename D::value_type value_as(const X& x) {
  if constexpr (std::same_as<X, D>)
    return x.value();
  else
    return static_cast<typename D::value_type>(x);
}

/// The result of a rule, of this value, at least one of whose operands is a D. p() is the slope along x, and so on.
template <class Rule, class D, class X, class P>
[[gnu::always_inline]] constexpr D pushed(const typename D::value_type& value, const X& x, const P& p) {
  return D(value, Lanes<typename D::value_type, D::directions>::scaled(p(), x.lanes()));
}
template <class Rule, class D, class X, class P, class Y, class Q>
[[gnu::always_inline]] constexpr D pushed(const typename D::value_type& value, const X& x, const P& p, const Y& y,
                                          const Q& q) {
  using Tangents = Lanes<typename D::value_type, D::directions>;
  if constexpr (!std::same_as<X, D>)
    return pushed<Rule, D>(value, y, q);
  else if constexpr (!std::same_as<Y, D>)
    return pushed<Rule, D>(value, x, p);
  else if constexpr (std::derived_from<Rule, Sum> && std::floating_point<typename D::value_type>)
    return D(value, Tangents::products(p(), x.lanes(), q(), y.lanes()));
  else
    return D(value, Tangents::combined(p(), x.lanes(), q(), y.lanes()));
}
template <class Rule, class D, class X, class P, class Y, class Q, class Z, class R>
[[gnu::always_inline]] constexpr D pushed(const typename D::value_type& value, const X& x, const P& p, const Y& y,
                                          const Q& q, const Z& z, const R& r) {
  if constexpr (!std::same_as<X, D>) {
    return pushed<Rule, D>(value, y, q, z, r);
  } else if constexpr (!std::same_as<Z, D>) {
    return pushed<Rule, D>(value, x, p, y, q);
  } else {
    auto tangents = pushed<Rule, D>(value, x, p, y, q).lanes();
    tangents.add_scaled(r(), z.lanes());
    return D(value, tangents);
  }
}

/// Does an operand move along a direction of D, and not only inside? A tangent of which nothing is known but that it is
/// 0, where the inside's own are known, was left by known_inside.
template <class Rule, class D, class... X>
constexpr bool any_moves(const X&... x) {
  namespace d = smoothness_detail;
  const auto moves = []<class Y>(const Y& y) {
    if constexpr (std::same_as<Y, D>) {
      const auto& inside = y.value();
      for (std::size_t i = 0; i < D::directions; ++i) {
        const auto lane = y.tangent(i);
        if (!is_zero(lane.value())) return true;
        for (std::size_t k = 0; k < lane.directions; ++k) {
          const auto inner = d::primal(lane.tangent(k));
          const auto known = d::primal(inside.tangent(k));
          const bool is_known = std::derived_from<Rule, Choice> ? known == known : is_finite(known);
          if (!is_zero(lane.tangent(k)) && (inner == inner || !is_known)) return true;
        }
      }
    }
    return false;
  };
  return (moves(x) || ...);
}
/// The value of a rule inside a D. Where nothing moves along D's own directions, only first derivatives are wanted.
template <class Rule, class D, class... X>
[[gnu::always_inline]] constexpr typename D::value_type value_inside(const X&... x) {
  using T = typename D::value_type;
  if constexpr (Active<T>)
    if ((smoothness_detail::smoothness_of<Rule>(value_as<D>(x)...) != Smoothness::smooth ||
         smoothness_detail::may_be_stopped<Rule>(value_as<D>(x)...)) &&
        any_moves<Rule, D>(x...))
      return value_within<Rule, T>(value_as<D>(x)...);
  return Rule::template value<T>(value_as<D>(x)...);
}
/// The result, in which derivatives by the directions of D are not known where only its operands' insides move through
/// a kink: they will meet others that move along D.
template <class Rule, class D, class... X>
[[gnu::always_inline]] constexpr D known_inside(const D& result, const X&... x) {
  if constexpr (Active<typename D::value_type>) {
    namespace d = smoothness_detail;
    using T = typename D::value_type;
    const Smoothness how = d::smoothness_of<Rule>(value_as<D>(x)...);
    if (how > Smoothness::bends && (!d::is_at_rest(value_as<D>(x)) || ...) && !any_moves<Rule, D>(x...))
      return d::with_tangents(result, [](std::size_t, const T& lane) {
        return d::with_tangents(
            lane, [](std::size_t, const auto& inner) { return d::unknown<std::remove_cvref_t<decltype(inner)>>(); });
      });
  }
  return result;
}

/// A rule of the calculus, by the chain rule: the value, and each slope times the tangents of its operand.
template <class Rule, class X>
  requires AnyDual<X>
[[gnu::always_inline]] constexpr auto apply(const X& x) {
  using T = typename X::value_type;
  const T a = x.value(), v = value_inside<Rule, X>(x);
  return known_inside<Rule>(pushed<Rule, X>(v, x, [&] { return slope_within<Rule, 0, T>(v, a); }), x);
}
template <class Rule, class X, class Y>
  requires WithDual<X, Y>
[[gnu::always_inline]] constexpr auto apply(const X& x, const Y& y) {
  using D = typename CommonDual<X, Y>::type;
  using T = typename D::value_type;
  const T a = value_as<D>(x), b = value_as<D>(y);
  if constexpr (Active<T> && std::same_as<X, Y>)
    if (smoothness_detail::is_idle<Rule>(x, y)) {
      const T either = Rule::template value<T>(a, b);
      return pushed<Rule, D>(
          either, x, [&] { return slope_of<Rule, 0, T>(either, a, b); }, y,
          [&] { return slope_of<Rule, 1, T>(either, a, b); });
    }
  const T v = value_inside<Rule, D>(x, y);
  return known_inside<Rule>(pushed<Rule, D>(
                                v, x, [&] { return slope_within<Rule, 0, T>(v, a, b); }, y,
                                [&] { return slope_within<Rule, 1, T>(v, a, b); }),
                            x, y);
}
template <class Rule, class X, class Y, class Z>
  requires WithDual<X, Y, Z>
constexpr auto apply(const X& x, const Y& y, const Z& z) {
  using D = typename CommonDual<X, Y, Z>::type;
  using T = typename D::value_type;
  const T a = value_as<D>(x), b = value_as<D>(y), c = value_as<D>(z), v = value_inside<Rule, D>(x, y, z);
  return known_inside<Rule>(pushed<Rule, D>(
                                v, x, [&] { return slope_within<Rule, 0, T>(v, a, b, c); }, y,
                                [&] { return slope_within<Rule, 1, T>(v, a, b, c); }, z,
                                [&] { return slope_within<Rule, 2, T>(v, a, b, c); }),
                            x, y, z);
}

// ---- operators

template <class X, WithDual<X> Y>
[[gnu::always_inline]] constexpr auto operator+(const X& x, const Y& y) {
  return apply<Add>(x, y);
}
template <class X, WithDual<X> Y>
[[gnu::always_inline]] constexpr auto operator-(const X& x, const Y& y) {
  return apply<Subtract>(x, y);
}
template <class X, WithDual<X> Y>
[[gnu::always_inline]] constexpr auto operator*(const X& x, const Y& y) {
  return apply<Multiply>(x, y);
}
template <class X, WithDual<X> Y>
[[gnu::always_inline]] constexpr auto operator/(const X& x, const Y& y) {
  return apply<Divide>(x, y);
}
template <AnyDual X>
constexpr X operator-(const X& x) {
  return apply<Negate>(x);
}
template <AnyDual X>
constexpr X operator+(const X& x) {
  return x;
}
template <class T, std::size_t N, WithDual<Dual<T, N>> Y>
constexpr Dual<T, N>& operator+=(Dual<T, N>& x, const Y& y) {
  return x = x + y;
}
template <class T, std::size_t N, WithDual<Dual<T, N>> Y>
constexpr Dual<T, N>& operator-=(Dual<T, N>& x, const Y& y) {
  return x = x - y;
}
template <class T, std::size_t N, WithDual<Dual<T, N>> Y>
constexpr Dual<T, N>& operator*=(Dual<T, N>& x, const Y& y) {
  return x = x * y;
}
template <class T, std::size_t N, WithDual<Dual<T, N>> Y>
constexpr Dual<T, N>& operator/=(Dual<T, N>& x, const Y& y) {
  return x = x / y;
}

// ---- what a tape asks of its numbers, over the value and the tangents alike

/// Are the value and all tangents 0? Is the value 1 and are the tangents 0? Are all of them finite?
template <class T, std::size_t N>
constexpr bool is_zero(const Dual<T, N>& x) {
  bool zero = is_zero(x.value());
  for (std::size_t i = 0; i < N; ++i) zero = zero && is_zero(x.tangent(i));
  return zero;
}
template <class T, std::size_t N>
constexpr bool is_one(const Dual<T, N>& x) {
  bool one = is_one(x.value());
  for (std::size_t i = 0; i < N; ++i) one = one && is_zero(x.tangent(i));
  return one;
}
template <class T, std::size_t N>
constexpr bool is_finite(const Dual<T, N>& x) {
  bool finite = is_finite(x.value());
  for (std::size_t i = 0; i < N; ++i) finite = finite && is_finite(x.tangent(i));
  return finite;
}
/// Nested chains are always worked out with care (see handed_on).
template <class T, std::size_t N>
constexpr bool is_ordinary(const Dual<T, N>&) {
  return false;
}
// Where a factor is infinite or not known.
template <class T, std::size_t N>
[[gnu::noinline, gnu::cold]] constexpr Dual<T, N> handed_on_with_care(Dual<T, N> slope, Dual<T, N> moves) {
  if (is_zero(slope) || is_zero(moves)) return {};
  return known_product(slope, moves, handed_on(slope.value(), moves.value()));
}
/// The product rule, of which each part is handed on by itself. A tangent that is NaN is a second derivative that is
/// not known: it stays so, unless all of the other factor is 0.
template <class T, std::size_t N>
constexpr Dual<T, N> handed_on(const Dual<T, N>& slope, const Dual<T, N>& moves) {
  if constexpr (std::floating_point<T>) {  // without care, 0 times infinity or NaN would be NaN
    const T value = slope.value() * moves.value();
    const auto tangents = Lanes<T, N>::products(moves.value(), slope.lanes(), slope.value(), moves.lanes());
    if (value == value && !tangents.has_nan()) [[likely]]
      return {value, tangents};
  }
  return handed_on_with_care(slope, moves);
}
template <class T, std::size_t N>
constexpr Dual<T, N> known_product(const Dual<T, N>& x, const Dual<T, N>& y, const T& value) {
  if (is_ordinary(x.value()) && is_ordinary(y.value())) {
    Lanes<T, N> tangents = Lanes<T, N>::scaled(y.value(), x.lanes());
    tangents.add_scaled(x.value(), y.lanes());
    return {value, tangents};
  }
  std::array<T, N> tangents;
  for (std::size_t i = 0; i < N; ++i)
    tangents[i] = known_product(x.tangent(i), y.value()) + known_product(x.value(), y.tangent(i));
  return {value, tangents};
}
template <class T, std::size_t N>
constexpr Dual<T, N> known_product(const Dual<T, N>& x, const Dual<T, N>& y) {
  return known_product(x, y, known_product(x.value(), y.value()));
}
template <class T, std::size_t N>
constexpr bool is_sound_product(const Dual<T, N>& product, const Dual<T, N>& x, const Dual<T, N>& y) {
  return is_finite(product) && is_sound_product(product.value(), x.value(), y.value()) &&
         (is_ordinary(product.value()) || (is_finite(x) && is_finite(y)));
}

}  // namespace downhill

/// The sum of Duals adds each part as a sum of its own type, so the value is that of the same sum of plain numbers.
template <class T, std::size_t N>
class downhill::Total<downhill::Dual<T, N>> {
 public:
  /// One more term.
  void add(const Dual<T, N>& x) {
    value_.add(x.value());
    for (std::size_t i = 0; i < N; ++i) tangents_[i].add(x.tangent(i));
  }
  Dual<T, N> value() const {
    std::array<T, N> tangents;
    for (std::size_t i = 0; i < N; ++i) tangents[i] = tangents_[i].value();
    return {value_.value(), tangents};
  }

 private:
  Total<T> value_;
  std::array<Total<T>, N> tangents_;
};

/// What generic code asks of a number: the limits of T.
template <class T, std::size_t N>
struct std::numeric_limits<downhill::Dual<T, N>> : std::numeric_limits<T> {};
