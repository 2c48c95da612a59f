#pragma once
/// \file
/// The recorder: turns a rule of calculus.hpp, applied to Vars, into one statement, or into a change of the newest
/// statement where an operand is a temporary that nobody else can see.
/// What may be folded and what is recorded, statements.hpp says. What a listener hears does not fold: every step is
/// recorded by itself, and told with what it was given.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus/smoothness.hpp>
#include <autodiff/tape.hpp>

namespace downhill {

template <class X>
inline constexpr bool is_var = false;
template <class T>
inline constexpr bool is_var<Var<T>> = true;
template <class X>
concept AnyVar = is_var<std::remove_cvref_t<X>>;

/// Turns operations on Vars into statements. Values are computed by the rule; this is all about slots.
struct Recorder {
  template <class X>
  static constexpr bool is_temporary = !std::is_reference_v<X> && !std::is_const_v<X>;
  template <class X>
  using Scalar = typename std::remove_cvref_t<X>::value_type;

  // An operand was used: a temporary is gone.
  template <class X>
  [[gnu::always_inline]] static void consume(X&& x) {
    if constexpr (is_temporary<X>) x.retire();
  }
  // May x be folded, or be the parent of an edge? Not if it is aside.
  template <class X, class T>
  [[gnu::always_inline]] static bool is_ready(const Tape<T>& tape, const Var<T>& x) {
    return is_temporary<X> ? !x.is_aside() : tape.take_as_parent(x);
  }
  template <class X, class Y, class T>
  [[gnu::always_inline]] static bool are_ready(const Var<T>& x, const Var<T>& y) {
    const Var<T>& first = is_temporary<Y> ? y : x;  // a temporary, if there is one: of that most is known
    return !first.is_aside() && x.tape_ == y.tape_ && is_ready<Y>(first.own_tape(), y) &&
           is_ready<X>(first.own_tape(), x);
  }
  // What a cold path is given of an operand: a handle of its own. No address then keeps those of the fast path out of
  // registers.
  template <class X, class T>
  static Var<T> stand_in(const Var<T>& x) {
    if (!is_temporary<X>) x.disown();
    return Var<T>(x.tape_, x.value_, x.id_);
  }
  // Are the slopes of this rule 1 and -1, plain numbers?
  template <class Rule, class T>
  static constexpr bool is_unit = std::derived_from<Rule, Sum> && std::floating_point<T>;

  // A rule on this tape: as smoothness.hpp has it. At a generic place, what is at a kink and rests there stays there.
  template <class Rule, class T, class... X>
  [[gnu::always_inline]] static bool stays(const Tape<T>& tape, const X&... x) {
    return tape.is_generic() && ((smoothness_detail::is_at_rest(x) && ...) || smoothness_detail::is_idle<Rule>(x...));
  }
  template <class Rule, class T, class... X>
  [[gnu::always_inline]] static T value_on(Tape<T>& tape, const X&... x) {
    if constexpr (Active<T>) {
      if (stays<Rule>(tape, x...)) return Rule::template value<T>(x...);
      if (smoothness_detail::smoothness_of<Rule>(x...) > Smoothness::breaks) tape.note_edge();
    }
    return value_within<Rule, T>(x...);
  }
  template <class Rule, std::size_t i, class T, class... X>
  [[gnu::always_inline]] static T slope_on(const Tape<T>& tape, const T& v, const X&... x) {
    if constexpr (Active<T>)
      if (stays<Rule>(tape, x...)) return slope_of<Rule, i, T>(v, x...);
    return slope_within<Rule, i, T>(v, x...);
  }

  // value with the slope p along x.
  template <class Rule, class X, class T>
  [[gnu::always_inline]] static Var<T> unary(X&& x, T value, T p) {
    Tape<T>& tape = x.own_tape();
    std::uint64_t id = x.id_;
    if (!is_temporary<X> || !tape.is_newest(id) || !tape.template scale<is_unit<Rule, T>>(p)) {
      if (is_temporary<X>) tape.take_as_parent(x);
      id = tape.record(p, Identity::slot(id));
    }
    consume(std::forward<X>(x));
    return Var<T>(&tape, value, id);
  }

  // value with the slope p along x and q along y, both on one tape.
  template <class Rule, class X, class Y, class T>
  [[gnu::always_inline]] static Var<T> binary(Tape<T>& tape, X&& x, Y&& y, T value, T p, T q) {
    const std::uint64_t a = x.id_, b = y.id_;
    std::uint64_t id;
    if (is_temporary<Y> && tape.is_newest(b) && fold<Rule, X>(tape, y, x, q, p)) {
      id = is_temporary<X> ? tape.newest_ : b;
    } else if (is_temporary<X> && tape.is_newest(a) && fold<Rule, Y>(tape, x, y, p, q)) {
      id = is_temporary<Y> ? tape.newest_ : a;
    } else {
      if (is_temporary<X>) tape.take_as_parent(x);
      if (is_temporary<Y>) tape.take_as_parent(y);
      id = tape.record(p, Identity::slot(a), q, Identity::slot(b));
    }
    consume(std::forward<X>(x));
    consume(std::forward<Y>(y));
    return Var<T>(&tape, value, id);
  }
  // newest = p * newest + q * other.
  template <class Rule, class Other, class T>
  [[gnu::always_inline]] static bool fold(Tape<T>& tape, const Var<T>& newest, const Var<T>& other, T p, T q) {
    if (&newest == &other) return false;
    if (is_temporary<Other>) {
      if constexpr (std::floating_point<T>)
        if (tape.is_second_newest(other.id_) && tape.template merge<is_unit<Rule, T>>(other.id_, q, p)) return true;
      tape.take_as_parent(other);
    }
    return tape.template fold<is_unit<Rule, T>>(p, q, Identity::slot(other.id_));
  }

  template <class Rule, class X>
  [[gnu::always_inline]] static auto apply(X&& x) {
    using T = Scalar<X>;
    if (x.is_aside() || !is_ready<X>(x.own_tape(), x)) [[unlikely]]
      return x_aside<Rule, T>(x.tape_, x.value_, x.id_).on(x);
    Tape<T>& tape = x.own_tape();
    const T value = value_on<Rule, T>(tape, x.value_);
    return unary<Rule>(std::forward<X>(x), value, slope_on<Rule, 0, T>(tape, value, x.value_));
  }

  template <class Rule, class X, class Y>
  [[gnu::always_inline]] static auto apply(X&& x, Y&& y) {
    if constexpr (!AnyVar<Y>) {
      using T = Scalar<X>;
      const T b = static_cast<T>(y);
      if (x.is_aside() || !is_ready<X>(x.own_tape(), x)) [[unlikely]]
        return x_aside<Rule, T>(x.tape_, x.value_, x.id_, b).on(x);
      Tape<T>& tape = x.own_tape();
      const T value = value_on<Rule, T>(tape, x.value_, b);
      return unary<Rule>(std::forward<X>(x), value, slope_on<Rule, 0, T>(tape, value, x.value_, b));
    } else if constexpr (!AnyVar<X>) {
      using T = Scalar<Y>;
      const T a = static_cast<T>(x);
      if (y.is_aside() || !is_ready<Y>(y.own_tape(), y)) [[unlikely]]
        return y_aside<Rule, T>(a, y.tape_, y.value_, y.id_).on(y);
      Tape<T>& tape = y.own_tape();
      const T value = value_on<Rule, T>(tape, a, y.value_);
      return unary<Rule>(std::forward<Y>(y), value, slope_on<Rule, 1, T>(tape, value, a, y.value_));
    } else {
      using T = Scalar<X>;
      if (!are_ready<X, Y>(x, y)) [[unlikely]] {
        if (!y.is_active()) {
          const T b = y.value();
          if (&x != &y) consume(std::forward<Y>(y));
          return apply<Rule>(std::forward<X>(x), b);
        }
        if (!x.is_active()) {
          const T a = x.value();
          consume(std::forward<X>(x));
          return apply<Rule>(a, std::forward<Y>(y));
        }
        if (x.tape_ != y.tape_) misuse::foreign_variable(Rule::name);
        const Var<T> told = both_aside<Rule>(stand_in<X>(x), stand_in<Y>(y)).on(x);
        consume(std::forward<X>(x)), consume(std::forward<Y>(y));
        return Var<T>(told);
      }
      Tape<T>& tape = is_temporary<Y> ? y.own_tape() : x.own_tape();
      const T value = value_on<Rule, T>(tape, x.value_, y.value_);
      return binary<Rule>(tape, std::forward<X>(x), std::forward<Y>(y), value,
                          slope_on<Rule, 0, T>(tape, value, x.value_, y.value_),
                          slope_on<Rule, 1, T>(tape, value, x.value_, y.value_));
    }
  }

  // ---- out of line: operands that are plain numbers, or heard by a listener

  // A result beside the fast path, in two registers: on the tape of its operand, if that is on one.
  template <class T>
  struct Aside {
    T value;
    std::uint64_t id;
    Aside(const Var<T>& x) : value(x.value_), id(x.id_) {}
    [[gnu::always_inline]] Var<T> on(const Var<T>& operand) const {
      return Var<T>(operand.tape_, value, id | Identity::aside_bit);
    }
  };
  template <class Rule, class T>
  [[gnu::noinline]] static Aside<T> x_aside(Tape<T>* tape, T a, std::uint64_t id) {
    const Var<T> x(tape, a, id);
    x.demand_value();
    if (!x.is_active()) return Var<T>(value_of_constants<Rule, T>(a));
    const T value = value_within<Rule, T>(a);
    return told<T>(Rule::name, value, {{x, slope_within<Rule, 0, T>(value, a)}});
  }
  template <class Rule, class T>
  [[gnu::noinline]] static Aside<T> x_aside(Tape<T>* tape, T a, std::uint64_t id, T b) {
    const Var<T> x(tape, a, id);
    x.demand_value();
    if (!x.is_active()) return Var<T>(value_of_constants<Rule, T>(a, b));
    const T value = value_within<Rule, T>(a, b);
    return told<T>(Rule::name, value, {{x, slope_within<Rule, 0, T>(value, a, b)}, {b}});
  }
  template <class Rule, class T>
  [[gnu::noinline]] static Aside<T> y_aside(T a, Tape<T>* tape, T b, std::uint64_t id) {
    const Var<T> y(tape, b, id);
    y.demand_value();
    if (!y.is_active()) return Var<T>(value_of_constants<Rule, T>(a, b));
    const T value = value_within<Rule, T>(a, b);
    return told<T>(Rule::name, value, {{a}, {y, slope_within<Rule, 1, T>(value, a, b)}});
  }
  template <class Rule, class T>
  [[gnu::noinline]] static Aside<T> both_aside(Var<T> x, Var<T> y) {
    const T a = x.value_, b = y.value_, value = value_within<Rule, T>(a, b);
    return told<T>(Rule::name, value,
                   {{x, slope_within<Rule, 0, T>(value, a, b)}, {y, slope_within<Rule, 1, T>(value, a, b)}});
  }

  // An operand and the slope along it, or a plain number.
  template <class T>
  struct Given {
    Var<T> operand;
    T slope = T(0);
  };
  // One statement, which does not fold, told to the listener.
  template <class T>
  static Var<T> told(std::string_view operation, const T& value, std::span<const Given<T>> given) {
    std::vector<Var<T>> operands;
    std::vector<StepOperand<T>> steps;
    for (const Given<T>& one : given) {
      operands.push_back(one.operand);
      if (one.operand.is_active())
        steps.push_back({one.slope, one.operand.raw_slot()});
      else
        steps.push_back({one.operand.value_});
    }
    Tape<T>& tape = *common_tape<T>(operation, operands);
    std::byte* at = tape.room_for_edges(steps.size());
    const std::size_t result = tape.slots();
    if (tape.listener_ != nullptr) tape.listener_->step(result, operation, value, steps);
    std::size_t edges = 0;
    for (const StepOperand<T>& step : steps)
      if (!step.is_plain()) {
        at = Stream<T>::put(at, step.number, step.slot);
        ++edges;
      }
    tape.finish(tape.next_, at, edges);
    tape.seal();
    return tape.handle(value, result);
  }
  template <class T>
  static Var<T> told(std::string_view operation, const T& value, std::initializer_list<Given<T>> given) {
    return told(operation, value, std::span<const Given<T>>(given.begin(), given.size()));
  }

  // Three operands, any of them plain: one statement with an edge for each active one.
  template <class Rule, class T>
  static Var<T> apply_ternary(const Var<T>& x, const Var<T>& y, const Var<T>& z) {
    const T a = x.value(), b = y.value(), c = z.value(), value = value_within<Rule, T>(a, b, c);
    return nary<T>(Rule::name, value, [&](auto&& operand) {
      operand(x, [&] { return slope_within<Rule, 0, T>(value, a, b, c); });
      operand(y, [&] { return slope_within<Rule, 1, T>(value, a, b, c); });
      operand(z, [&] { return slope_within<Rule, 2, T>(value, a, b, c); });
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
      Tape<T>* const its = x.tape();
      if (its == nullptr) return;
      if (tape != nullptr && its != tape) misuse::foreign_variable(operation);
      tape = its;
      tape->check(x.identity());
      ++count;
    });
    if (tape == nullptr) return Var<T>(value);
    if (tape->listener_ != nullptr) {
      std::vector<Given<T>> given;
      for_each([&](const Var<T>& x, auto&& slope) { given.push_back({x, x.is_active() ? slope() : T(0)}); });
      return told<T>(operation, value, given);
    }
    std::byte* at = tape->room_for_edges(count);
    const std::uint64_t id = tape->next_;
    for_each([&](const Var<T>& x, auto&& slope) {
      if (!x.is_active()) return;
      x.disown();
      at = Stream<T>::put(at, slope(), x.raw_slot());
    });
    return Var<T>(tape, value, tape->finish(id, at, count));
  }

  // The tape that all of these are on, nullptr if all are passive. They are no longer known to their handles alone.
  template <class T>
  static Tape<T>* common_tape(std::string_view operation, std::span<const Var<T>> operands) {
    Tape<T>* tape = nullptr;
    for (const Var<T>& x : operands) {
      x.demand_value();
      if (!x.is_active()) continue;
      if (tape != nullptr && x.tape() != tape) misuse::foreign_variable(operation);
      tape = x.tape();
      tape->check(x.identity());
      x.disown();
    }
    return tape;
  }

  // One block, which knows its operands, and a Var with each of these values for its results.
  template <class B, class T, class... A>
  static std::vector<Var<T>> block(Tape<T>& tape, std::span<const T> values, A&&... arguments) {
    const std::size_t first = tape.template append<B>(values.size(), std::forward<A>(arguments)...);
    std::vector<Var<T>> results;
    results.reserve(values.size());
    for (const T& value : values) results.push_back(tape.handle(value, first + results.size()));
    tape.say_values(first, values);
    return results;
  }

  // sum += slope * y in sum's own slot, if that is possible. The slope is 1 or -1.
  template <class T, class Y>
  [[gnu::always_inline]] static bool accumulate(Var<T>& sum, Y&& y, T slope) {
    if (y.is_aside()) return false;
    Tape<T>& tape = y.own_tape();
    // Asked first: what the compiler knows of this tape it forgets as soon as two tapes have been compared.
    const bool folds = is_temporary<Y> && tape.is_newest(y.id_);
    std::byte* const head = tape.head_;
    if (sum.tape_ != &tape || !tape.keeps_slot(sum.id_) || &sum == &y) return false;
    if (!folds ||
        !tape.template accumulate_newest<std::floating_point<T>>(head, Identity::slot(sum.id_), y.id_, slope)) {
      tape.take_as_parent(y);
      tape.accumulate(Identity::slot(sum.id_), slope, Identity::slot(y.id_));
    }
    sum.value_ = sum.value_ + slope * y.value_;
    consume(std::forward<Y>(y));
    return true;
  }
};

}  // namespace downhill
