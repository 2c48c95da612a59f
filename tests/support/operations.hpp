#pragma once
// Every operation of the library beside its mathematics: how it is called on Vars, in every mix of named, constant,
// temporary and plain operands, and what value and slopes it should have, written out again in long double.

#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "support/reference.hpp"

#include <autodiff/gradient.hpp>
#include <autodiff/ranges.hpp>

namespace operations {

using namespace downhill;
using reference::Operands;
using reference::Real;

/// How an operand is handed over: as an lvalue, as a const lvalue, as an rvalue, or as a plain number.
enum class Form { named, constant, temporary, plain };
template <class T>
struct Operand {
  Var<T>* var;
  Form form;
  T number;
};

template <class T>
struct Operation {
  std::string_view name;
  reference::Function mathematics;
  Var<T> (*call)(const Operand<T>*);
  bool needs_distinct_operands = false;
};
/// `x op= y`: the mathematics of `x op y`.
template <class T>
struct Assignment {
  std::string_view name;
  reference::Function mathematics;
  void (*call)(Var<T>&, const Operand<T>&);
};

template <class T, class Use>
Var<T> with(const Operand<T>& x, Use&& use) {
  switch (x.form) {
    case Form::named: return use(*x.var);
    case Form::constant: return use(std::as_const(*x.var));
    case Form::temporary: return use(std::move(*x.var));
    default: return use(x.number);
  }
}
// Few enough that the mixes of two compile soon: named operands are const here.
template <class T, class Use>
Var<T> with_const(const Operand<T>& x, Use&& use) {
  switch (x.form) {
    case Form::temporary: return use(std::move(*x.var));
    case Form::plain: return use(x.number);
    default: return use(std::as_const(*x.var));
  }
}
// A Var of its own: for what takes its operands by const reference or by value.
template <class T>
Var<T> taken(const Operand<T>& x) {
  return with(x, [](auto&& a) { return Var<T>(std::forward<decltype(a)>(a)); });
}

template <class Value, class Slope>
reference::Function one(Value, Slope) {
  return {1, [](const Operands& x) { return Value{}(x[0]); },
          [](const Operands& x, std::size_t) { return Slope{}(x[0]); }};
}
template <class Value, class Slopes>
reference::Function two(Value, Slopes) {
  return {2, [](const Operands& x) { return Value{}(x[0], x[1]); },
          [](const Operands& x, std::size_t i) { return std::array<Real, 2>(Slopes{}(x[0], x[1]))[i]; }};
}
template <class Value, class Slopes>
reference::Function three(Value, Slopes) {
  return {3, [](const Operands& x) { return Value{}(x[0], x[1], x[2]); },
          [](const Operands& x, std::size_t i) { return std::array<Real, 3>(Slopes{}(x[0], x[1], x[2]))[i]; }};
}

template <class T, class Call>
Operation<T> unary(std::string_view name, reference::Function mathematics, Call) {
  return {name, mathematics, [](const Operand<T>* x) {
            return with(x[0], [](auto&& a) { return Var<T>(Call{}(std::forward<decltype(a)>(a))); });
          }};
}
template <class T, class Call>
Operation<T> binary(std::string_view name, reference::Function mathematics, Call) {
  return {name, mathematics, [](const Operand<T>* x) {
            return with_const(x[0], [x](auto&& a) {
              return with_const(x[1], [&](auto&& b) {
                return Var<T>(Call{}(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b)));
              });
            });
          }};
}
// Called with Vars by value: one Var cannot be moved into two operands.
template <class T, class Call>
Operation<T> by_value1(std::string_view name, reference::Function mathematics, Call) {
  return {name, mathematics, [](const Operand<T>* x) { return Var<T>(Call{}(taken(x[0]))); }};
}
template <class T, class Call>
Operation<T> by_value2(std::string_view name, reference::Function mathematics, Call) {
  return {name, mathematics, [](const Operand<T>* x) { return Call{}(taken(x[0]), taken(x[1])); }, true};
}
template <class T, class Call>
Operation<T> by_value3(std::string_view name, reference::Function mathematics, Call) {
  return {name, mathematics, [](const Operand<T>* x) { return Call{}(taken(x[0]), taken(x[1]), taken(x[2])); }, true};
}
template <class T, class Call>
Assignment<T> assignment(std::string_view name, reference::Function mathematics, Call) {
  return {name, mathematics, [](Var<T>& x, const Operand<T>& y) {
            with(y, [&](auto&& b) {
              Call{}(x, std::forward<decltype(b)>(b));
              return Var<T>(0);
            });
          }};
}

}  // namespace operations
