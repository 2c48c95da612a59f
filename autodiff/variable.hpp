#pragma once
/// \file
/// Var: a number that remembers where it came from.
///
/// A Var is its value, its slot on a tape, and a bit that says whether this handle alone knows the slot. It is used
/// like a double: every operation computes the value at once, and tape/recorder.hpp records its slope.

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus.hpp>
#include <autodiff/tape.hpp>
#include <autodiff/tape/recorder.hpp>

namespace downhill {

template <class T = double>
class Var;
/// Vars carry derivatives.
template <class T>
inline constexpr bool is_active_type<Var<T>> = true;

/// A scalar on a tape, or a plain number until it meets one: `Var<double> x = 3` is passive, owns no slot and records
/// nothing; `Var<double>()` is 0, as `double()` is. Using a Var that was moved from throws TapeError.
template <class T>
class Var {
  static_assert(is_differentiable<T>,
                "a Var is of double or float, or of Duals of these: write Var<double>; whole numbers and the like have "
                "no derivatives");

 public:
  using value_type = T;

  Var() noexcept = default;
  template <Plain N>
  Var(N number) noexcept : value_(static_cast<T>(number)) {}
  Var(const T& number) noexcept
    requires(!std::is_arithmetic_v<T>)
      : value_(number) {}

  [[gnu::always_inline]] Var(const Var& other) noexcept
      : tape_(other.tape_), value_(other.value_), id_(other.shared_id()) {}
  [[gnu::always_inline]] Var(Var&& other) noexcept : tape_(other.tape_), value_(other.value_), id_(other.id_) {
    other.retire();
  }
  [[gnu::always_inline]] Var& operator=(const Var& other) noexcept {
    tape_ = other.tape_, value_ = other.value_, id_ = other.shared_id();
    return *this;
  }
  [[gnu::always_inline]] Var& operator=(Var&& other) noexcept {
    const Var moved(std::move(other));
    tape_ = moved.tape_, value_ = moved.value_, id_ = moved.id_;
    return *this;
  }
  ~Var() = default;

  /// The primal: the number itself. The handle holds it, so it may be read, compared and printed after the tape was
  /// rewound, as a loss is at the end of a step; recording with such a Var, or asking for its adjoint, throws.
  T value() const {
    demand_value();
    return value_;
  }
  template <Plain N>
  explicit operator N() const {
    return static_cast<N>(value());
  }
  /// Is it on a tape? Passive numbers are not.
  bool is_active() const { return tape_ != nullptr; }
  /// The tape it is on, or nullptr.
  Tape<T>* tape() const { return tape_; }
  /// Its slot. Only an active Var has one; throws TapeError otherwise.
  std::size_t slot() const {
    demand_value();
    if (!is_active()) misuse::passive_gradient();
    return raw_slot();
  }

 private:
  friend class Tape<T>;
  friend class Gradient<T>;
  friend struct Recorder;
  friend struct MatrixRecorder;
  static constexpr std::uint64_t plain = Identity::aside_bit;  // in place of the identity, where there is no tape
  static constexpr std::uint64_t moved_from = plain | 1;

  [[gnu::always_inline]] Var(Tape<T>* tape, T value, std::uint64_t id) noexcept : tape_(tape), value_(value), id_(id) {}

  std::uint64_t identity() const { return id_ & ~Identity::aside_bit; }
  bool is_aside() const { return Identity::is_aside(id_); }
  // The tape of one that is not aside.
  Tape<T>& own_tape() const {
    if (tape_ == nullptr) __builtin_unreachable();
    return *tape_;
  }
  // The same, for a listener to hear.
  Var aside() const { return Var(tape_, value_, shared_id() | Identity::aside_bit); }
  std::uint32_t raw_slot() const { return Identity::slot(id_); }
  bool owned() const { return Identity::is_owned(id_); }
  void disown() const {
    if (owned()) id_ &= ~Identity::owned_bit;  // tested first: passive Vars may be shared between threads
  }
  std::uint64_t shared_id() const {
    disown();
    return id_;
  }
  void retire() {
    tape_ = nullptr;
    id_ = moved_from;
  }
  void demand_value() const {
    if (tape_ == nullptr && id_ == moved_from) [[unlikely]]
      misuse::moved_from();
  }

  Tape<T>* tape_ = nullptr;
  T value_{};
  mutable std::uint64_t id_ = plain;  // see Identity
};

/// The number type of the first of the two that is a Var.
template <class X, class Y>
using CommonScalar = typename std::remove_cvref_t<std::conditional_t<AnyVar<X>, X, Y>>::value_type;

/// Can an X stand beside Vars and matrices of T? Those of T can, and what is a constant to T.
template <class T, class X>
inline constexpr bool is_operand_beside = std::convertible_to<const X&, T>;
template <class T, class X>
  requires AnyVar<X> || AnyMatrix<X>
inline constexpr bool is_operand_beside<T, X> = std::is_same_v<typename X::value_type, T>;

/// One number type for all operands: which tape would it be? Returns auto, so that the compiler says this before
/// anything else.
template <class T, class... X>
constexpr auto demand_one_type() {
  constexpr bool is_one = (is_operand_beside<T, std::remove_cvref_t<X>> && ...);
  static_assert(is_one,
                "numbers of two types do not mix: make all Vars and matrices of float or all of double, on one Tape of "
                "that type, and write x.value() of a Dual beside a Var; a plain number fits both");
  return is_one;
}

/// A rule applied to Vars, and to plain numbers beside them: its value, recorded with its slopes.
template <class Rule, class X>
  requires AnyVar<X>
[[gnu::always_inline]] inline auto apply(X&& x) {
  return Recorder::apply<Rule>(std::forward<X>(x));
}
template <class Rule, class X, class Y>
  requires((AnyVar<X> || AnyVar<Y>) && !AnyMatrix<X> && !AnyMatrix<Y>)
[[gnu::always_inline]] inline auto apply(X&& x, Y&& y) {
  if constexpr (demand_one_type<CommonScalar<X, Y>, X, Y>())
    return Recorder::apply<Rule>(std::forward<X>(x), std::forward<Y>(y));
}
template <class Rule, class X, class Y, class Z>
  requires(AnyVar<X> || AnyVar<Y> || AnyVar<Z>)
auto apply(const X& x, const Y& y, const Z& z) {
  using T = typename std::conditional_t<AnyVar<X>, X, std::conditional_t<AnyVar<Y>, Y, Z>>::value_type;
  if constexpr (demand_one_type<T, X, Y, Z>()) return Recorder::apply_ternary<Rule, T>(x, y, z);
}

template <class X, class Y>
concept WithVar = (AnyVar<X> || AnyVar<Y>) && Number<X, Y> && !AnyMatrix<X> && !AnyMatrix<Y>;

template <class X, class Y>
  requires WithVar<X, Y>
[[gnu::always_inline]] inline auto operator+(X&& x, Y&& y) {
  return apply<Add>(std::forward<X>(x), std::forward<Y>(y));
}
template <class X, class Y>
  requires WithVar<X, Y>
[[gnu::always_inline]] inline auto operator-(X&& x, Y&& y) {
  return apply<Subtract>(std::forward<X>(x), std::forward<Y>(y));
}
template <class X, class Y>
  requires WithVar<X, Y>
[[gnu::always_inline]] inline auto operator*(X&& x, Y&& y) {
  return apply<Multiply>(std::forward<X>(x), std::forward<Y>(y));
}
template <class X, class Y>
  requires WithVar<X, Y>
[[gnu::always_inline]] inline auto operator/(X&& x, Y&& y) {
  return apply<Divide>(std::forward<X>(x), std::forward<Y>(y));
}
template <AnyVar X>
[[gnu::always_inline]] inline auto operator-(X&& x) {
  return apply<Negate>(std::forward<X>(x));
}
template <AnyVar X>
[[gnu::always_inline]] inline auto operator+(X&& x) {
  return std::remove_cvref_t<X>(std::forward<X>(x));
}

template <class T, class Y>
  requires Number<Var<T>, Y>
[[gnu::always_inline]] inline Var<T>& operator+=(Var<T>& x, Y&& y) {
  if constexpr (std::is_same_v<std::remove_cvref_t<Y>, Var<T>>)
    if (Recorder::accumulate(x, std::forward<Y>(y), T(1))) return x;
  return x = apply<Add>(std::move(x), std::forward<Y>(y));
}
template <class T, class Y>
  requires Number<Var<T>, Y>
[[gnu::always_inline]] inline Var<T>& operator-=(Var<T>& x, Y&& y) {
  if constexpr (std::is_same_v<std::remove_cvref_t<Y>, Var<T>>)
    if (Recorder::accumulate(x, std::forward<Y>(y), T(-1))) return x;
  return x = apply<Subtract>(std::move(x), std::forward<Y>(y));
}
template <class T, class Y>
  requires Number<Var<T>, Y>
[[gnu::always_inline]] inline Var<T>& operator*=(Var<T>& x, Y&& y) {
  return x = apply<Multiply>(std::move(x), std::forward<Y>(y));
}
template <class T, class Y>
  requires Number<Var<T>, Y>
[[gnu::always_inline]] inline Var<T>& operator/=(Var<T>& x, Y&& y) {
  return x = apply<Divide>(std::move(x), std::forward<Y>(y));
}

/// How the value of one operand moves a result: for `custom`.
template <class T>
struct Partial {
  Var<T> operand;
  T slope;
};

/// A function that calculus.hpp does not have: its value, as the tape's number type, and its slope along each operand.
/// One statement.
/// Example: `custom(std::tgamma(x.value()), {{x, slope}})`.
template <class T>
Var<T> custom(T value, std::span<const Partial<std::type_identity_t<T>>> partials) {
  return Recorder::nary<T>("custom", value, [&](auto&& operand) {
    for (const Partial<T>& p : partials) operand(p.operand, [&] { return p.slope; });
  });
}
template <class T>
Var<T> custom(T value, std::initializer_list<Partial<std::type_identity_t<T>>> partials) {
  return custom(value, std::span<const Partial<T>>(partials.begin(), partials.size()));
}

// ---- comparisons are by value

/// The plain number behind x, as T: what comparisons see.
template <class T, class X>
T primal(const X& x) {
  if constexpr (AnyVar<X>)
    return x.value();
  else
    return static_cast<T>(x);
}
// Of nested numbers: the tape is told of a tie, beyond which the function may go on by another branch.
template <class T, class X, class Y>
void note_tie(const X& x, const Y& y) {
  if constexpr (Active<T>) {
    const auto tell = []<class Z>(const Z& z) {
      if constexpr (AnyVar<Z>)
        if (Tape<T>* const tape = z.tape()) tape->note_edge();
    };
    if (primal<T>(x) == primal<T>(y)) tell(x), tell(y);
  }
}

template <class X, class Y>
  requires WithVar<X, Y>
bool operator==(const X& x, const Y& y) {
  using T = CommonScalar<X, Y>;
  if constexpr (demand_one_type<T, X, Y>()) {
    note_tie<T>(x, y);
    return primal<T>(x) == primal<T>(y);
  }
}
template <class X, class Y>
  requires WithVar<X, Y>
auto operator<=>(const X& x, const Y& y) {
  using T = CommonScalar<X, Y>;
  if constexpr (demand_one_type<T, X, Y>()) {
    note_tie<T>(x, y);
    return primal<T>(x) <=> primal<T>(y);
  }
}

}  // namespace downhill

/// What generic code asks of a number: the limits of T, as Vars.
template <class T>
struct std::numeric_limits<downhill::Var<T>> : std::numeric_limits<T> {
  using Var = downhill::Var<T>;
  using Limits = std::numeric_limits<T>;
  static Var min() noexcept { return Limits::min(); }
  static Var max() noexcept { return Limits::max(); }
  static Var lowest() noexcept { return Limits::lowest(); }
  static Var epsilon() noexcept { return Limits::epsilon(); }
  static Var round_error() noexcept { return Limits::round_error(); }
  static Var infinity() noexcept { return Limits::infinity(); }
  static Var quiet_NaN() noexcept { return Limits::quiet_NaN(); }
  static Var signaling_NaN() noexcept { return Limits::signaling_NaN(); }
  static Var denorm_min() noexcept { return Limits::denorm_min(); }
};
