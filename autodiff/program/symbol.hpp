#pragma once
/// \file
/// Symbol: the number that a program is recorded with. An operation on Symbols appends an instruction.
///
/// A Symbol also has a value, that of the sample at which it is recorded, so that a comparison can tell which way to
/// go; the outcome becomes a guard of the program. Where no sample is given yet, a comparison ends the recording, and
/// the program is recorded when the first sample comes.

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/program/instructions.hpp>
#include <autodiff/program/misuse.hpp>

namespace downhill {

template <class T = double>
class Symbol;
/// Symbols stand where numbers stand whose derivatives are wanted.
template <class T>
inline constexpr bool is_active_type<Symbol<T>> = true;
template <class T>
inline constexpr bool is_symbol_type<Symbol<T>> = true;

namespace program_detail {

/// Thrown through the recorded function where it asks for a value that is not known yet.
struct NeedsSample {};

/// What is being recorded.
template <class T>
struct Recording {
  Instructions<T> instructions;
  bool has_values = false;  // of the sample at which it is recorded
  bool is_over = false;
};

struct SymbolRecorder;

}  // namespace program_detail

/// How two Symbols compare: a bool, the asking for which records a guard, or a condition for `select`, which does not.
template <class T>
class Condition {
 public:
  Condition(program_detail::Comparison comparison, Symbol<T> a, Symbol<T> b)
      : a_(std::move(a)), b_(std::move(b)), comparison_(comparison) {}
  operator bool() const;

 private:
  friend struct program_detail::SymbolRecorder;
  Symbol<T> a_, b_;
  program_detail::Comparison comparison_;
};

/// A number of a program that is being recorded, or a constant: `Symbol<double> x = 3`.
template <class T>
class Symbol {
  static_assert(std::same_as<T, double> || std::same_as<T, float>, "a program is of double or of float");

 public:
  using value_type = T;

  Symbol() = default;
  template <Plain N>
  Symbol(N number) : value_(static_cast<T>(number)) {}

  /// Is it a constant, which depends neither on a parameter nor on a sample?
  bool is_constant() const { return recording_ == nullptr; }
  /// The number itself. What is read so is guarded: the program is then for samples with this very number here.
  T value() const;
  template <Plain N>
  explicit operator N() const;

 private:
  friend struct program_detail::SymbolRecorder;

  std::shared_ptr<program_detail::Recording<T>> recording_;
  T value_{};
  program_detail::Place place_ = 0;
};

template <class X>
concept AnySymbol = is_symbol_type<std::remove_cvref_t<X>>;

namespace program_detail {

/// Turns operations on Symbols into instructions.
struct SymbolRecorder {
  template <class T>
  using Shared = std::shared_ptr<Recording<T>>;

  template <class T>
  static Symbol<T> made(const Shared<T>& recording, Place place, const T& value) {
    Symbol<T> symbol;
    symbol.recording_ = recording, symbol.place_ = place, symbol.value_ = value;
    return symbol;
  }
  template <class T>
  static Symbol<T> as_symbol(const Symbol<T>& x) {
    return x;
  }
  template <class T, Plain X>
  static Symbol<T> as_symbol(const X& x) {
    return Symbol<T>(x);
  }

  // The recording that these belong to, nullptr where all are constants.
  template <class T>
  static const Shared<T>& common(std::string_view operation, std::span<const Symbol<T>* const> symbols) {
    static const Shared<T> none;
    const Shared<T>* found = &none;
    for (const Symbol<T>* const symbol : symbols) {
      const Shared<T>& its = symbol->recording_;
      if (its == nullptr) continue;
      if (its->is_over) misuse::symbol_of_finished_recording(operation);
      if (*found != nullptr && *found != its) misuse::symbol_of_another_recording(operation);
      found = &its;
    }
    return *found;
  }
  template <class T>
  static Place place_of(const Symbol<T>& x, Recording<T>& recording) {
    return x.is_constant() ? recording.instructions.add_constant(x.value_) : x.place_;
  }

  template <class Rule, class T, class... X>
    requires(std::same_as<X, Symbol<T>> && ...)
  static Symbol<T> apply(const Symbol<T>& x, const X&... others) {
    const std::array<const Symbol<T>*, 1 + sizeof...(X)> operands{&x, &others...};
    const Shared<T>& recording = common<T>(Rule::name, operands);
    if (recording == nullptr) return Symbol<T>(Rule::template value<T>(x.value_, others.value_...));
    std::array<Place, 1 + sizeof...(X)> places;
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = place_of(*operands[i], *recording);
    const T value = recording->has_values ? Rule::template value<T>(x.value_, others.value_...) : T(0);
    return made(recording, recording->instructions.add(code_of<Rule>, places), value);
  }

  // The elements of several ranges, one behind the other.
  template <class Rule, class T, class... R>
  static Symbol<T> apply_to_ranges(const R&... ranges) {
    std::vector<Symbol<T>> operands;
    const auto take = [&](const auto& range) {
      if constexpr (Number<std::remove_cvref_t<decltype(range)>>)
        operands.push_back(as_symbol<T>(range));
      else
        for (auto&& x : range) operands.push_back(as_symbol<T>(x));
    };
    (take(ranges), ...);
    std::vector<const Symbol<T>*> pointers;
    for (const Symbol<T>& x : operands) pointers.push_back(&x);
    const Shared<T>& recording = common<T>(Rule::name, pointers);
    const auto numbers = [](const auto& range) {
      if constexpr (Number<std::remove_cvref_t<decltype(range)>>) {
        return as_symbol<T>(range).value_;
      } else {
        std::vector<T> values;
        for (auto&& x : range) values.push_back(as_symbol<T>(x).value_);
        return values;
      }
    };
    if (recording == nullptr) return Symbol<T>(T(Rule::value(numbers(ranges)...)));
    std::vector<Place> places;
    for (const Symbol<T>& x : operands) places.push_back(place_of(x, *recording));
    const T value = recording->has_values ? T(Rule::value(numbers(ranges)...)) : T(0);
    return made(recording, recording->instructions.add(code_of<Rule>, places), value);
  }

  template <class T>
  static bool decide(Comparison comparison, const Symbol<T>& a, const Symbol<T>& b) {
    const std::array<const Symbol<T>*, 2> both{&a, &b};
    const Shared<T>& recording = common<T>("a comparison", both);
    if (recording != nullptr && !recording->has_values) throw NeedsSample();
    const bool outcome = holds(comparison, a.value_, b.value_);
    if (recording != nullptr) {
      const Place left = place_of(a, *recording), right = place_of(b, *recording);
      recording->instructions.add_guard({comparison, outcome, left, right});
    }
    return outcome;
  }
  template <class T>
  static bool decide(const Condition<T>& condition) {
    return decide(condition.comparison_, condition.a_, condition.b_);
  }
  template <class T>
  static T read(const Symbol<T>& x) {
    if (x.is_constant()) return x.value_;
    const Symbol<T> same(x.recording_->has_values ? x.value_ : T(0));
    if (!decide(Comparison::equal, x, same)) return x.value_;  // NaN: all NaNs are alike
    if (x.value_ == 0) decide(Comparison::less, apply<CopySign>(Symbol<T>(1), x), Symbol<T>(0));
    return x.value_;
  }

  template <class T>
  static Symbol<T> select(const Condition<T>& condition, const Symbol<T>& x, const Symbol<T>& y) {
    const std::array<const Symbol<T>*, 4> operands{&condition.a_, &condition.b_, &x, &y};
    const Shared<T>& recording = common<T>("select", operands);
    if (condition.a_.is_constant() && condition.b_.is_constant()) {
      const bool holds_so = holds(condition.comparison_, condition.a_.value_, condition.b_.value_);
      return holds_so ? apply<SelectFirst>(x, y) : apply<SelectFirst>(y, x);
    }
    std::array<Place, 4> places;
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = place_of(*operands[i], *recording);
    const bool first = holds(condition.comparison_, condition.a_.value_, condition.b_.value_);
    const Code code = condition.comparison_ == Comparison::less         ? code_of<SelectIf<Comparison::less>>
                      : condition.comparison_ == Comparison::less_equal ? code_of<SelectIf<Comparison::less_equal>>
                                                                        : code_of<SelectIf<Comparison::equal>>;
    return made(recording, recording->instructions.add(code, places), first ? x.value_ : y.value_);
  }

  // Makes an input, or the constant that a function returned, a place of the recording.
  template <class T>
  static Place finished(const Shared<T>& recording, const Symbol<T>& result) {
    if (result.recording_ != nullptr && result.recording_ != recording)
      misuse::symbol_of_another_recording("the result of a recorded function");
    return place_of(result, *recording);
  }
};

/// The scalar of the first of the two that is a Symbol.
template <class X, class Y>
using SymbolScalar = typename std::remove_cvref_t<std::conditional_t<AnySymbol<X>, X, Y>>::value_type;

}  // namespace program_detail

/// A Symbol, and what may be mixed with it.
template <class X, class Y>
concept WithSymbol = (AnySymbol<X> || AnySymbol<Y>) && (AnySymbol<X> || Plain<X>) && (AnySymbol<Y> || Plain<Y>);

/// The rule of Symbols, or of Symbols and plain numbers: one instruction. Throws TapeError for Symbols of two
/// recordings, and of one that is over.
template <class Rule, class X>
  requires AnySymbol<X>
auto apply(const X& x) {
  return program_detail::SymbolRecorder::apply<Rule>(x);
}
/// The same of two operands.
template <class Rule, class X, class Y>
  requires WithSymbol<X, Y>
auto apply(const X& x, const Y& y) {
  using R = program_detail::SymbolRecorder;
  using T = program_detail::SymbolScalar<X, Y>;
  return R::apply<Rule>(R::as_symbol<T>(x), R::as_symbol<T>(y));
}
/// The same of three operands.
template <class Rule, class X, class Y, class Z>
  requires(AnySymbol<X> || AnySymbol<Y> || AnySymbol<Z>)
auto apply(const X& x, const Y& y, const Z& z) {
  using R = program_detail::SymbolRecorder;
  using T = program_detail::SymbolScalar<X, std::conditional_t<AnySymbol<Y>, Y, Z>>;
  return R::apply<Rule>(R::as_symbol<T>(x), R::as_symbol<T>(y), R::as_symbol<T>(z));
}
/// A rule over ranges, some of whose elements are Symbols: one instruction (see ranges.hpp).
template <class Rule, class T, class... R>
Symbol<T> apply_to_ranges(const R&... ranges) {
  return program_detail::SymbolRecorder::apply_to_ranges<Rule, T>(ranges...);
}

template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator+(const X& x, const Y& y) {
  return apply<Add>(x, y);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator-(const X& x, const Y& y) {
  return apply<Subtract>(x, y);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator*(const X& x, const Y& y) {
  return apply<Multiply>(x, y);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator/(const X& x, const Y& y) {
  return apply<Divide>(x, y);
}
template <AnySymbol X>
X operator-(const X& x) {
  return apply<Negate>(x);
}
template <AnySymbol X>
X operator+(const X& x) {
  return x;
}
template <class T, class Y>
  requires WithSymbol<Symbol<T>, Y>
Symbol<T>& operator+=(Symbol<T>& x, const Y& y) {
  return x = x + y;
}
template <class T, class Y>
  requires WithSymbol<Symbol<T>, Y>
Symbol<T>& operator-=(Symbol<T>& x, const Y& y) {
  return x = x - y;
}
template <class T, class Y>
  requires WithSymbol<Symbol<T>, Y>
Symbol<T>& operator*=(Symbol<T>& x, const Y& y) {
  return x = x * y;
}
template <class T, class Y>
  requires WithSymbol<Symbol<T>, Y>
Symbol<T>& operator/=(Symbol<T>& x, const Y& y) {
  return x = x / y;
}

}  // namespace downhill
