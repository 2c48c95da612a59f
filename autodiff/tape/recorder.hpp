#pragma once
/// \file
/// The recorder: turns a rule of calculus.hpp, applied to Vars, into one statement, or into a change of the newest
/// statement where an operand is a temporary that nobody else can see.
///
///     x is a temporary, its statement the newest:   f(x)      scale its edges by f'(x)
///                                                   x + 3     the same statement, another value
///                                                   x * y     scale its edges by y, add the edge {x, y}
///     otherwise                                     x * y     record {y, x}, {x, y}
///
/// What a listener hears does not fold: every step is recorded by itself, and told with what it was given.

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

  template <class X, class V>
  static V stand_in(const V& x) {
    return V(x.tape_, x.value_, is_temporary<X> ? x.id_ : x.id_ & ~Identity::owned_bit);
  }

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
  template <class X, class T>
  [[gnu::always_inline]] static Var<T> unary(X&& x, T value, T p) {
    Tape<T>& tape = x.own_tape();
    std::uint64_t id = x.id_;
    bool done = false;
    if constexpr (is_temporary<X>) done = id == tape.newest_ && tape.scale(p);
    if (!done) {
      tape.check(id);
      id = tape.record(p, Identity::slot(id));
    }
    consume<Consumed<X>>(x);
    return Var<T>(&tape, value, id);
  }

  // value with the slope p along x and q along y, both on one tape.
  template <class X, class Y, class T>
  [[gnu::always_inline]] static Var<T> binary(X&& x, Y&& y, T value, T p, T q) {
    Tape<T>& tape = x.own_tape();
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
    return Var<T>(&tape, value, id);
  }

  template <class Rule, class X>
  [[gnu::always_inline]] static auto apply(X&& x) {
    using T = Scalar<X>;
    if (x.is_aside()) [[unlikely]]
      return x_aside<Rule, T>(x.tape_, x.value_, x.id_).on(x);
    Tape<T>& tape = x.own_tape();
    const T value = value_on<Rule, T>(tape, x.value_);
    return unary(std::forward<X>(x), value, slope_on<Rule, 0, T>(tape, value, x.value_));
  }

  template <class Rule, class X, class Y>
  [[gnu::always_inline]] static auto apply(X&& x, Y&& y) {
    if constexpr (!AnyVar<Y>) {
      using T = Scalar<X>;
      const T b = static_cast<T>(y);
      if (x.is_aside()) [[unlikely]]
        return x_aside<Rule, T>(x.tape_, x.value_, x.id_, b).on(x);
      Tape<T>& tape = x.own_tape();
      const T value = value_on<Rule, T>(tape, x.value_, b);
      return unary(std::forward<X>(x), value, slope_on<Rule, 0, T>(tape, value, x.value_, b));
    } else if constexpr (!AnyVar<X>) {
      using T = Scalar<Y>;
      const T a = static_cast<T>(x);
      if (y.is_aside()) [[unlikely]]
        return y_aside<Rule, T>(a, y.tape_, y.value_, y.id_).on(y);
      Tape<T>& tape = y.own_tape();
      const T value = value_on<Rule, T>(tape, a, y.value_);
      return unary(std::forward<Y>(y), value, slope_on<Rule, 1, T>(tape, value, a, y.value_));
    } else {
      using T = Scalar<X>;
      if (x.tape_ != y.tape_ || x.is_aside() || y.is_aside()) [[unlikely]] {
        // The cold path gets handles of its own: no address keeps those of the fast path out of registers, and where it
        // throws, the operands are as they were.
        Var<T> cold = either_aside<Rule>(stand_in<X>(x), stand_in<Y>(y));
        consume<Consumed<X>>(x);
        consume<Consumed<Y>>(y);
        return Var<T>(std::move(cold));
      }
      Tape<T>& tape = x.own_tape();
      const T value = value_on<Rule, T>(tape, x.value_, y.value_);
      return binary(std::forward<X>(x), std::forward<Y>(y), value,
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
  [[gnu::noinline]] static Var<T> either_aside(Var<T> x, Var<T> y) {
    if (!x.is_active()) return apply<Rule>(x.value(), std::move(y));
    if (!y.is_active()) return apply<Rule>(std::move(x), y.value());
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

  // sum += slope * y in sum's own slot, if that is possible.
  template <class T, class Y>
  [[gnu::always_inline]] static bool accumulate(Var<T>& sum, Y&& y, T slope) {
    if (sum.tape_ != y.tape_ || y.is_aside() || !sum.own_tape().keeps_slot(sum.id_) || &sum == &y) return false;
    Tape<T>& tape = sum.own_tape();
    const T value = sum.value_ + slope * y.value_;
    bool done = false;
    if constexpr (is_temporary<Y>)
      done = y.id_ == tape.newest_ && tape.accumulate_newest(Identity::slot(sum.id_), y.id_, slope);
    if (!done) {
      tape.check(y.id_);
      tape.accumulate(Identity::slot(sum.id_), slope, Identity::slot(y.id_));
    }
    consume<Consumed<Y>>(y);
    sum.value_ = value;
    return true;
  }
};

}  // namespace downhill
