#pragma once
// The recorder: turns a rule of calculus.hpp, applied to Vars, into one statement, or into a change of the newest
// statement where an operand is a temporary that nobody else can see.
//
//     x is a temporary, its statement the newest:   f(x)      scale its edges by f'(x)
//                                                   x + 3     the same statement, another value
//                                                   x * y     scale its edges by y, add the edge {x, y}
//     otherwise                                     x * y     record {y, x}, {x, y}

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus/smoothness.hpp>
#include <autodiff/tape.hpp>

namespace downhill {

// ---- how statements change

template <class T>
[[gnu::always_inline]] inline bool Tape<T>::scale(T p) {
  if (is_one(p)) return true;
  const std::uint32_t edges = Stream::trailer_before(head_).edges;
  Edge<T>* const end = Stream::edges_before(head_);
  if (edges > 2) return scale_many(end, edges, p);
  // A slope that overflowed or underflowed must wait for its adjoint: that may be 0, or bring it back.
  const T last = end[-1].slope * p;
  if (!is_sound_product(last, end[-1].slope, p)) [[unlikely]]
    return false;
  if (edges == 2) {
    const T first = end[-2].slope * p;
    if (!is_sound_product(first, end[-2].slope, p)) [[unlikely]]
      return false;
    end[-2].slope = first;
  }
  end[-1].slope = last;
  return true;
}

template <class T>
[[gnu::noinline]] bool Tape<T>::scale_many(Edge<T>* end, std::uint32_t edges, T p) {
  if (edges > foldable_edges) return false;
  for (Edge<T>* e = end - edges; e != end; ++e)
    if (!is_sound_product(T(e->slope * p), e->slope, p)) return false;
  for (Edge<T>* e = end - edges; e != end; ++e) e->slope = e->slope * p;
  return true;
}

template <class T>
[[gnu::always_inline]] inline bool Tape<T>::fold(T p, T q, std::uint32_t b) {
  if (!scale(p)) return false;
  std::byte* head = head_;
  const std::uint32_t edges = Stream::trailer_before(head).edges;  // by field, as it was written: that forwards stores
  Edge<T>* const end = Stream::edges_before(head);
  if (end[-1].parent == b) {
    const T joined = end[-1].slope + q;
    if (is_finite(joined)) [[likely]] {
      end[-1].slope = joined;
      return true;
    }
  }
  if (edges > foldable_edges)  // for fewer, `room` left space. `scale` changed nothing here, should this throw
    head = room(edge_bytes);
  else if ((edges > 2 || (edges == 2 && end[-2].parent == b)) && join_many(end, edges, q, b))
    return true;
  const Slot result = Stream::trailer_before(head).result;
  head_ = Stream::close(Stream::put(head - trailer_bytes, q, b), result, edges + 1);
  return true;
}

template <class T>
[[gnu::noinline]] bool Tape<T>::join_many(Edge<T>* end, std::uint32_t edges, T q, std::uint32_t b) {
  for (Edge<T>* e = end - edges; e != end; ++e) {
    if (e->parent != b) continue;
    const T joined = e->slope + q;
    if (!is_finite(joined)) return false;
    e->slope = joined;
    return true;
  }
  return false;
}

template <class T>
[[gnu::always_inline]] inline void Tape<T>::accumulate(std::uint32_t sum, T p, std::uint32_t a) {
  head_ = Stream::close(Stream::put(room(edge_bytes + trailer_bytes), p, a), sum, 1);
  newest_ = Identity::none;
}

template <class T>
[[gnu::always_inline]] inline bool Tape<T>::accumulate_newest(std::uint32_t sum, std::uint64_t newest, T p) {
  if (!scale(p)) return false;
  Stream::trailer_before(head_).result = static_cast<Slot>(sum);
  next_ = newest;  // newest_ may keep the identity: its handle is gone, and the next statement gets the same
  return true;
}

// ---- how operations become statements

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
    Tape<T>& tape = *x.tape_;
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
    return Var<T>(&tape, value, id);
  }

  template <class Rule, class X>
  [[gnu::always_inline]] static auto apply(X&& x) {
    using T = Scalar<X>;
    if (x.tape_ == nullptr) [[unlikely]]
      return Var<T>(without_tape<Rule, T>(WithoutTape<T>(x)));
    const T value = value_on<Rule, T>(*x.tape_, x.value_);
    return unary(std::forward<X>(x), value, slope_on<Rule, 0, T>(*x.tape_, value, x.value_));
  }

  template <class Rule, class X, class Y>
  [[gnu::always_inline]] static auto apply(X&& x, Y&& y) {
    if constexpr (!AnyVar<Y>) {
      using T = Scalar<X>;
      const T b = static_cast<T>(y);
      if (x.tape_ == nullptr) [[unlikely]]
        return Var<T>(without_tape<Rule, T>(WithoutTape<T>(x), b));
      const T value = value_on<Rule, T>(*x.tape_, x.value_, b);
      return unary(std::forward<X>(x), value, slope_on<Rule, 0, T>(*x.tape_, value, x.value_, b));
    } else if constexpr (!AnyVar<X>) {
      using T = Scalar<Y>;
      const T a = static_cast<T>(x);
      if (y.tape_ == nullptr) [[unlikely]]
        return Var<T>(without_tape<Rule, T>(a, WithoutTape<T>(y)));
      const T value = value_on<Rule, T>(*y.tape_, a, y.value_);
      return unary(std::forward<Y>(y), value, slope_on<Rule, 1, T>(*y.tape_, value, a, y.value_));
    } else {
      using T = Scalar<X>;
      if (x.tape_ != y.tape_ || x.tape_ == nullptr) [[unlikely]] {
        // The cold path gets handles of its own: no address keeps those of the fast path out of registers, and where it
        // throws, the operands are as they were.
        Var<T> cold = without_one_tape<Rule>(stand_in<X>(x), stand_in<Y>(y));
        consume<Consumed<X>>(x);
        consume<Consumed<Y>>(y);
        return Var<T>(std::move(cold));
      }
      const T value = value_on<Rule, T>(*x.tape_, x.value_, y.value_);
      return binary(std::forward<X>(x), std::forward<Y>(y), value,
                    slope_on<Rule, 0, T>(*x.tape_, value, x.value_, y.value_),
                    slope_on<Rule, 1, T>(*x.tape_, value, x.value_, y.value_));
    }
  }

  // ---- out of line: operands that are plain numbers, or heard by a listener

  // A Var without a tape, in two registers; and said inline that it has none, for the compiler to see that it does not
  // come back to the fast path.
  template <class T>
  struct WithoutTape {
    T value;
    std::uint64_t id;
    WithoutTape(const Var<T>& x) : value(x.value_), id(x.id_) {}
    [[gnu::always_inline]] operator Var<T>() const { return Var<T>(nullptr, value, id); }
  };
  template <class Rule, class T>
  [[gnu::noinline]] static WithoutTape<T> without_tape(WithoutTape<T> operand) {
    const Var<T> x = operand;
    const T a = x.value();
    if (!x.is_heard()) return Var<T>(value_of_constants<Rule, T>(a));
    const T value = value_within<Rule, T>(a);
    return heard<T>(Rule::name, value, {{x, slope_within<Rule, 0, T>(value, a)}});
  }
  template <class Rule, class T>
  [[gnu::noinline]] static WithoutTape<T> without_tape(WithoutTape<T> operand, T b) {
    const Var<T> x = operand;
    const T a = x.value();
    if (!x.is_heard()) return Var<T>(value_of_constants<Rule, T>(a, b));
    const T value = value_within<Rule, T>(a, b);
    return heard<T>(Rule::name, value, {{x, slope_within<Rule, 0, T>(value, a, b)}, {b}});
  }
  template <class Rule, class T>
  [[gnu::noinline]] static WithoutTape<T> without_tape(T a, WithoutTape<T> operand) {
    const Var<T> y = operand;
    const T b = y.value();
    if (!y.is_heard()) return Var<T>(value_of_constants<Rule, T>(a, b));
    const T value = value_within<Rule, T>(a, b);
    return heard<T>(Rule::name, value, {{a}, {y, slope_within<Rule, 1, T>(value, a, b)}});
  }
  template <class Rule, class T>
  [[gnu::noinline]] static Var<T> without_one_tape(Var<T> x, Var<T> y) {
    if (!x.is_active()) return apply<Rule>(x.value(), std::move(y));
    if (!y.is_active()) return apply<Rule>(std::move(x), y.value());
    const T a = x.value_, b = y.value_, value = value_within<Rule, T>(a, b);
    return heard<T>(Rule::name, value,
                    {{x, slope_within<Rule, 0, T>(value, a, b)}, {y, slope_within<Rule, 1, T>(value, a, b)}});
  }

  // An operand and the slope along it, or a plain number.
  template <class T>
  struct Given {
    Var<T> operand;
    T slope = T(0);
  };
  template <class T>
  static Var<T> heard(std::string_view operation, const T& value, std::span<const Given<T>> given) {
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
    return tape.heard_handle(value, tape.record_heard(operation, value, steps));
  }
  template <class T>
  static Var<T> heard(std::string_view operation, const T& value, std::initializer_list<Given<T>> given) {
    return heard(operation, value, std::span<const Given<T>>(given.begin(), given.size()));
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
      return heard<T>(operation, value, given);
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
    for (const T& value : values)
      results.push_back(tape.handle(value, Identity::shared(tape.generations_.current(), first + results.size())));
    tape.say_values(first, values);
    return results;
  }

  // sum += slope * y in sum's own slot, if that is possible.
  template <class T, class Y>
  [[gnu::always_inline]] static bool accumulate(Var<T>& sum, Y&& y, T slope) {
    if (sum.tape_ != y.tape_ || y.tape_ == nullptr || !sum.tape_->keeps_slot(sum.id_) || &sum == &y) return false;
    Tape<T>& tape = *sum.tape_;
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
