#pragma once
// Var: a number that remembers where it came from.
//
// A Var is its value, its slot on a tape, and a bit that says whether this handle alone knows the slot. It is used like
// a double: every operation computes the value at once and records the slope. `Recorder` below holds the whole of that:
// it turns a rule of calculus.hpp into one statement, or into a change of the newest statement where an operand is a
// temporary that nobody else can see.
//
//     x is a temporary, its statement the newest:   f(x)      scale its edges by f'(x)
//                                                   x + 3     the same statement, another value
//                                                   x * y     scale its edges by y, add the edge {x, y}
//     otherwise                                     x * y     record {y, x}, {x, y}

#include <array>
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

namespace downhill {

template <class T = double>
class Var;
template <class T>
inline constexpr bool is_active_type<Var<T>> = true;

/// A scalar on a tape, or a plain number until it meets one: `Var<double> x = 3` is passive, owns no slot and records
/// nothing. Using a Var that has no value (declared without one, or moved from) throws TapeError.
template <class T>
class Var {
 public:
  using value_type = T;

  Var() noexcept : id_(no_value_yet) {}
  template <Plain N>
  Var(N number) noexcept : value_(static_cast<T>(number)) {}
  Var(const T& number) noexcept requires(!std::is_arithmetic_v<T>) : value_(number) {}

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

  /// The primal: the number itself.
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
  std::size_t slot() const;

 private:
  friend class Tape<T>;
  friend class Gradient<T>;
  friend struct Recorder;
  static constexpr std::uint64_t no_value_yet = 1, moved_from = 2;  // in place of the identity, where there is no tape

  [[gnu::always_inline]] Var(Tape<T>& tape, T value, std::uint64_t id) noexcept
      : tape_(&tape), value_(value), id_(id) {}

  std::uint32_t raw_slot() const { return Identity::slot(id_); }
  bool owned() const { return Identity::is_owned(id_); }
  void disown() const {
    if (owned()) id_ &= ~Identity::owned_bit;  // tested first: constants may be shared between threads
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
    if (tape_ == nullptr && id_ != 0) [[unlikely]]
      misuse::no_value(id_ == moved_from);
  }

  Tape<T>* tape_ = nullptr;
  T value_{};
  mutable std::uint64_t id_ = 0;  // see Identity
};

template <class X>
inline constexpr bool is_var = false;
template <class T>
inline constexpr bool is_var<Var<T>> = true;
template <class X>
concept AnyVar = is_var<std::remove_cvref_t<X>>;

/// How the value of one operand moves a result: for `custom`.
template <class T>
struct Partial {
  Var<T> operand;
  T slope;
};

/// Turns operations on Vars into statements. Values are computed by the rule; this is all about slots.
struct Recorder {
  template <class X>
  static constexpr bool is_temporary = !std::is_reference_v<X> && !std::is_const_v<X>;
  template <class X>
  using Scalar = typename std::remove_cvref_t<X>::value_type;

  // An operand was used: a temporary is gone, and a named one is no longer known to its handle alone.
  template <class X>
  [[gnu::always_inline]] static void consume(X& x) {
    if constexpr (std::is_const_v<X>)
      x.disown();
    else
      x.retire();
  }
  template <class X>
  using Consumed = std::conditional_t<is_temporary<X>, std::remove_cvref_t<X>, const std::remove_cvref_t<X>>;

  // value with the slope p along x.
  template <class X, class T>
  [[gnu::always_inline]] static Var<T> unary(X&& x, T value, T p) {
    Tape<T>& tape = *x.tape_;
    std::uint64_t id = x.id_;
    bool done = false;
    if constexpr (is_temporary<X>) done = id == tape.newest_ && tape.scale(p);
    if (!done) {
      tape.check(id);
      id = tape.record(p, x.raw_slot());
    }
    consume<Consumed<X>>(x);
    return Var<T>(tape, value, id);
  }

  // value with the slope p along x and q along y, both on one tape.
  template <class X, class Y, class T>
  [[gnu::always_inline]] static Var<T> binary(X&& x, Y&& y, T value, T p, T q) {
    Tape<T>& tape = *x.tape_;
    const std::uint64_t a = x.id_, b = y.id_;
    std::uint64_t id = 0;
    if constexpr (is_temporary<X> || is_temporary<Y>) {
      if (is_temporary<Y> && b == tape.newest_ && &x != &y) {
        tape.check(a);
        if (tape.fold(q, p, Identity::slot(a))) id = b;
      } else if (is_temporary<X> && a == tape.newest_ && &x != &y) {
        tape.check(b);
        if (tape.fold(p, q, Identity::slot(b))) id = a;
      }
    }
    if (id == 0) {
      tape.check(a, b);
      id = tape.record(p, Identity::slot(a), q, Identity::slot(b));
    }
    consume<Consumed<X>>(x);
    consume<Consumed<Y>>(y);
    return Var<T>(tape, value, id);
  }

  template <class Rule, class X>
  [[gnu::always_inline]] static auto apply(X&& x) {
    using T = Scalar<X>;
    if (x.tape_ == nullptr) [[unlikely]]
      return Var<T>(Rule::template value<T>(x.value()));
    const T value = Rule::template value<T>(x.value_);
    return unary(std::forward<X>(x), value, Rule::template slope<T>(x.value_, value));
  }

  template <class Rule, class X, class Y>
  [[gnu::always_inline]] static auto apply(X&& x, Y&& y) {
    if constexpr (!AnyVar<Y>) {
      using T = Scalar<X>;
      const T b = static_cast<T>(y);
      if (x.tape_ == nullptr) [[unlikely]]
        return Var<T>(Rule::template value<T>(x.value(), b));
      const T value = Rule::template value<T>(x.value_, b);
      return unary(std::forward<X>(x), value, Rule::template slope_x<T>(x.value_, b, value));
    } else if constexpr (!AnyVar<X>) {
      using T = Scalar<Y>;
      const T a = static_cast<T>(x);
      if (y.tape_ == nullptr) [[unlikely]]
        return Var<T>(Rule::template value<T>(a, y.value()));
      const T value = Rule::template value<T>(a, y.value_);
      return unary(std::forward<Y>(y), value, Rule::template slope_y<T>(a, y.value_, value));
    } else {
      using T = Scalar<X>;
      if (x.tape_ != y.tape_ || x.tape_ == nullptr) [[unlikely]] {
        // A cold path gets handles of its own, so that no address keeps those of the fast path out of registers.
        Var<T> cold = partly_passive<Rule>(Var<T>(std::forward<X>(x)), Var<T>(std::forward<Y>(y)));
        return Var<T>(std::move(cold));
      }
      const T value = Rule::template value<T>(x.value_, y.value_);
      return binary(std::forward<X>(x), std::forward<Y>(y), value, Rule::template slope_x<T>(x.value_, y.value_, value),
                    Rule::template slope_y<T>(x.value_, y.value_, value));
    }
  }

  template <class Rule, class T>
  [[gnu::noinline]] static Var<T> partly_passive(Var<T> x, Var<T> y) {
    if (x.tape_ == nullptr) return apply<Rule>(x.value(), std::move(y));
    if (y.tape_ == nullptr) return apply<Rule>(std::move(x), y.value());
    misuse::foreign_variable(Rule::name);
  }

  // Three operands, any of them plain: one statement with an edge for each active one.
  template <class Rule, class T>
  static Var<T> apply_ternary(const Var<T>& x, const Var<T>& y, const Var<T>& z) {
    const T a = x.value(), b = y.value(), c = z.value(), value = Rule::template value<T>(a, b, c);
    return nary<T>(Rule::name, value, [&](auto&& operand) {
      operand(x, [&] { return Rule::template slope_x<T>(a, b, c, value); });
      operand(y, [&] { return Rule::template slope_y<T>(a, b, c, value); });
      operand(z, [&] { return Rule::template slope_z<T>(a, b, c, value); });
    });
  }

  // One statement with any number of operands. `for_each(operand)` calls `operand(x, slope)` for each of them, the
  // slope as a callable. It is called twice: all operands are checked before the first edge is written.
  template <class T, class ForEach>
  static Var<T> nary(std::string_view operation, T value, ForEach&& for_each) {
    Tape<T>* tape = nullptr;
    std::size_t count = 0;
    for_each([&](const Var<T>& x, auto&&) {
      x.demand_value();
      if (x.tape_ == nullptr) return;
      if (tape != nullptr && x.tape_ != tape) misuse::foreign_variable(operation);
      tape = x.tape_;
      tape->check(x.id_);
      ++count;
    });
    if (tape == nullptr) return Var<T>(value);
    std::byte* at = tape->room_for_edges(count);
    for_each([&](const Var<T>& x, auto&& slope) {
      if (x.tape_ == nullptr) return;
      x.disown();
      at = Tape<T>::put(at, slope(), x.raw_slot());
    });
    return Var<T>(*tape, value, tape->finish(at, count));
  }

  // sum += slope * y in sum's own slot, if that is possible.
  template <class T, class Y>
  [[gnu::always_inline]] static bool accumulate(Var<T>& sum, Y&& y, T slope) {
    if (sum.tape_ != y.tape_ || y.tape_ == nullptr || !sum.tape_->keeps_slot(sum.id_) || &sum == &y) return false;
    Tape<T>& tape = *sum.tape_;
    const T value = sum.value_ + slope * y.value_;
    bool done = false;
    if constexpr (is_temporary<Y>) done = y.id_ == tape.newest_ && tape.accumulate_newest(sum.raw_slot(), slope);
    if (!done) {
      tape.check(y.id_);
      tape.accumulate(sum.raw_slot(), slope, y.raw_slot());
    }
    consume<Consumed<Y>>(y);
    sum.value_ = value;
    return true;
  }
};

template <class Rule, class X>
  requires AnyVar<X>
[[gnu::always_inline]] inline auto apply(X&& x) { return Recorder::apply<Rule>(std::forward<X>(x)); }
template <class Rule, class X, class Y>
  requires(AnyVar<X> || AnyVar<Y>)
[[gnu::always_inline]] inline auto apply(X&& x, Y&& y) {
  return Recorder::apply<Rule>(std::forward<X>(x), std::forward<Y>(y));
}
template <class Rule, class X, class Y, class Z>
  requires(AnyVar<X> || AnyVar<Y> || AnyVar<Z>)
auto apply(const X& x, const Y& y, const Z& z) {
  using T = typename std::conditional_t<AnyVar<X>, X, std::conditional_t<AnyVar<Y>, Y, Z>>::value_type;
  return Recorder::apply_ternary<Rule, T>(x, y, z);
}

template <class X, class Y>
concept WithVar = (AnyVar<X> || AnyVar<Y>)&&Number<X, Y>;

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
  if constexpr (AnyVar<Y>)
    if (Recorder::accumulate(x, std::forward<Y>(y), T(1))) return x;
  return x = apply<Add>(std::move(x), std::forward<Y>(y));
}
template <class T, class Y>
  requires Number<Var<T>, Y>
[[gnu::always_inline]] inline Var<T>& operator-=(Var<T>& x, Y&& y) {
  if constexpr (AnyVar<Y>)
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

/// A function that calculus.hpp does not have: its value, and its slope along each operand. One statement.
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
// ----------------------------------------------------------------------------------------

/// The plain number behind x, as T: what comparisons see.
template <class T, class X>
T primal(const X& x) {
  if constexpr (AnyVar<X>)
    return x.value();
  else
    return static_cast<T>(x);
}
template <class X, class Y>
using CommonScalar = typename std::conditional_t<AnyVar<X>, X, Y>::value_type;

template <class X, class Y>
  requires WithVar<X, Y>
bool operator==(const X& x, const Y& y) {
  using T = CommonScalar<X, Y>;
  return primal<T>(x) == primal<T>(y);
}
template <class X, class Y>
  requires WithVar<X, Y>
auto operator<=>(const X& x, const Y& y) {
  using T = CommonScalar<X, Y>;
  return primal<T>(x) <=> primal<T>(y);
}
template <class T>
bool isnan(const Var<T>& x) {
  using std::isnan;
  return isnan(x.value());
}
template <class T>
bool isinf(const Var<T>& x) {
  using std::isinf;
  return isinf(x.value());
}
template <class T>
bool isfinite(const Var<T>& x) {
  using std::isfinite;
  return isfinite(x.value());
}
template <class T>
bool signbit(const Var<T>& x) {
  using std::signbit;
  return signbit(x.value());
}

// ---- variables and parameters
// ----------------------------------------------------------------------------------------

template <class T>
std::size_t Var<T>::slot() const {
  demand_value();
  if (tape_ == nullptr) misuse::passive_gradient();
  return raw_slot();
}

template <class T>
Var<T> Tape<T>::variable(T value, std::string_view name) {
  const std::size_t slot = slots();
  if (slot >= slot_limit) misuse::out_of_slots(slot_limit);
  if (!name.empty()) names_.emplace_back(slot, name);
  if (slot == parameters_.size()) parameters_.push_back(value);
  ++next_;
  seal();
  set_limit(0);
  return Var<T>(*this, value, Identity::shared(generations_.current(), slot));
}

template <class T>
std::vector<Var<T>> Tape<T>::variables(std::span<const T> values) {
  std::vector<Var<T>> made;
  variables(values, made);
  return made;
}

template <class T>
void Tape<T>::variables(std::span<const T> values, std::vector<Var<T>>& into) {
  const std::size_t first = slots();
  if (values.size() > slot_limit - first) misuse::out_of_slots(slot_limit);
  into.resize(values.size());
  if (first == parameters_.size()) parameters_.insert(parameters_.end(), values.begin(), values.end());
  next_ += values.size();
  seal();
  set_limit(0);
  for (std::size_t i = 0; i < values.size(); ++i)
    into[i] = Var<T>(*this, values[i], Identity::shared(generations_.current(), first + i));
}

template <class T>
Var<T> Tape<T>::parameter(std::size_t i) {
  if (i >= parameters_.size()) misuse::no_such_parameter(i, parameters_.size());
  return Var<T>(*this, parameters_[i], Identity::shared(generations_.current(), i));
}

template <class T>
void Tape<T>::name(const Var<T>& x, std::string_view name) {
  const std::size_t slot = x.slot();
  if (x.tape_ != this) misuse::foreign_variable("name");
  check(x.id_);
  x.disown();  // the name belongs to the value as it is now: a later += takes a slot of its own
  names_.emplace_back(slot, name);
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
