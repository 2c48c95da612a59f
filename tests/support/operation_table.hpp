#pragma once
// The table of operations for random programs. Every rule of the list is in it, called with Vars of its own: moved
// ones, whose statement may fold, and copies. The operators and a few functions, which go the same way, are called in
// every mix of operands as well.

#include <numeric>
#include <type_traits>

#include "support/rule_formulas.hpp"

namespace operations {

/// A rule, called with Vars by value.
template <class Rule, class T>
Operation<T> by_rule(const reference::Function& formula) {
  using Range = std::array<Var<T>, 3>;
  constexpr std::size_t arity = arity_of<Rule>;
  if constexpr (arity == 1)
    return by_value1<T>(Rule::name, formula, [](Var<T> x) { return apply<Rule>(std::move(x)); });
  else if constexpr (arity == 2)
    return by_value2<T>(Rule::name, formula,
                        [](Var<T> x, Var<T> y) { return apply<Rule>(std::move(x), std::move(y)); });
  else if constexpr (arity == 3)
    return by_value3<T>(Rule::name, formula,
                        [](const Var<T>& x, const Var<T>& y, const Var<T>& z) { return apply<Rule>(x, y, z); });
  else
    return by_value3<T>(Rule::name, formula, [](Var<T> x, Var<T> y, Var<T> z) -> Var<T> {
      if constexpr (requires(const Range& range) { Rule::value(range); })
        return Rule::value(Range{x, std::move(y), std::move(z)});
      else if constexpr (requires(const Range& range) { Rule::value(range, range); })
        return Rule::value(Range{x, y, z}, Range{z, y, x});
      else
        return Rule::value(Range{x, y, z}, z);
    });
}

/// The rules with so many operands that have a formula.
template <std::size_t arity, class T>
void add_rules(std::vector<Operation<T>>& table) {
  RulesOfArity<arity>::for_each([&]<class Rule>(std::type_identity<Rule>) {
    if (const reference::Function* formula = formula_of<Rule>()) table.push_back(by_rule<Rule, T>(*formula));
  });
}

// clang-format off
template <class T>
std::vector<Operation<T>> unary_operations() {
  const Formulas& formula = formulas_of(1);
  std::vector<Operation<T>> all{
      unary<T>("-x", formula.at("-"), [](auto&& x) { return -std::forward<decltype(x)>(x); }),
      unary<T>("+x", one([](Real x) { return x; }, [](Real) { return 1.0L; }), [](auto&& x) { return +std::forward<decltype(x)>(x); }),
      unary<T>("x * 3", one([](Real x) { return 3 * x; }, [](Real) { return 3.0L; }), [](auto&& x) { return std::forward<decltype(x)>(x) * 3; }),
      unary<T>("2u - x", one([](Real x) { return 2 - x; }, [](Real) { return -1.0L; }), [](auto&& x) { return 2U - std::forward<decltype(x)>(x); }),
      unary<T>("x + 0.5", one([](Real x) { return x + 0.5L; }, [](Real) { return 1.0L; }), [](auto&& x) { return std::forward<decltype(x)>(x) + T(0.5); }),
      unary<T>("x / 4L", one([](Real x) { return x / 4; }, [](Real) { return 0.25L; }), [](auto&& x) { return std::forward<decltype(x)>(x) / 4L; }),
      unary<T>("exp(x)", formula.at("exp"), [](auto&& x) { return exp(std::forward<decltype(x)>(x)); }),
      unary<T>("tanh(x)", formula.at("tanh"), [](auto&& x) { return tanh(std::forward<decltype(x)>(x)); }),
  };
  add_rules<1>(all);
  return all;
}

template <class T>
std::vector<Operation<T>> binary_operations() {
  const Formulas& formula = formulas_of(2);
  std::vector<Operation<T>> all{
      binary<T>("x + y", formula.at("+"), [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) + std::forward<decltype(y)>(y); }),
      binary<T>("x - y", formula.at("-"), [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) - std::forward<decltype(y)>(y); }),
      binary<T>("x * y", formula.at("*"), [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) * std::forward<decltype(y)>(y); }),
      binary<T>("x / y", formula.at("/"), [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) / std::forward<decltype(y)>(y); }),
      binary<T>("pow(x, y)", formula.at("pow"), [](auto&& x, auto&& y) { return pow(std::forward<decltype(x)>(x), std::forward<decltype(y)>(y)); }),
      binary<T>("max(x, y)", formula.at("max"), [](auto&& x, auto&& y) { return max(std::forward<decltype(x)>(x), std::forward<decltype(y)>(y)); }),
      by_value2<T>("select(true)", two([](Real x, Real) { return x; }, [](Real, Real) { return Two{1, 0}; }),
          [](Var<T> x, Var<T> y) { return select(true, std::move(x), std::move(y)); }),
      by_value2<T>("select(false)", two([](Real, Real y) { return y; }, [](Real, Real) { return Two{0, 1}; }),
          [](Var<T> x, Var<T> y) { return select(false, std::move(x), std::move(y)); }),
      by_value2<T>("a result that is added to, copied and used again",
          two([](Real x, Real y) { return x * y + (x * y + x) * (x * y + x - y); }, [](Real x, Real y) {
            const Real p = x * y, q = p + x, r = q - y;
            return Two{y + (y + 1) * r + q * (y + 1), x + x * r + q * (x - 1)}; }),
          [](Var<T> x, const Var<T>& y) { Var<T> s = x * y; const Var<T> product = s; s += x; Var<T> copy = s; s -= y; copy *= s; copy += product; return copy; }),
      by_value2<T>("a = a * b + a",
          two([](Real x, Real y) { return x * y + x; }, [](Real x, Real y) { return Two{y + 1, x}; }),
          [](Var<T> x, Var<T> y) { x = x * std::move(y) + x; return x; }),
      by_value2<T>("s += s, s *= s, s -= s",
          two([](Real x, Real y) { return 4 * x * x + 2 * y; }, [](Real x, Real) { return Two{8 * x, 2}; }),
          [](Var<T> x, Var<T> y) { x += x; x *= x; y += y; Var<T> s = sin(x); const Var<T>& same = s; s -= same; s += std::move(x); return s + y; }),
      by_value2<T>("swap and self-assignment",
          two([](Real x, Real y) { return (y + 1) / 2 - x; }, [](Real, Real) { return Two{-1, 0.5L}; }),
          [](Var<T> x, Var<T> y) { using std::swap; swap(x, y); Var<T>& same = x; x += 1; x = same; x = std::move(same); x /= 2; return std::move(x) - y; }),
      by_value2<T>("std::accumulate and a sum in place, over moved elements",
          two([](Real x, Real y) { return 2 * (x + y + x * y + std::sin(x)); }, [](Real x, Real y) { return Two{2 * (1 + y + std::cos(x)), 2 * (1 + x)}; }),
          [](Var<T> x, Var<T> y) {
            std::vector<Var<T>> terms; terms.push_back(x); terms.push_back(y); terms.push_back(x * y); terms.push_back(sin(x));
            Var<T> total = std::accumulate(terms.begin(), terms.end(), Var<T>(0));
            for (Var<T>& term : terms) total += std::move(term);
            return total; }),
      by_value2<T>("custom", two([](Real x, Real y) { return x * std::exp(y); }, [](Real x, Real y) { return Two{std::exp(y), x * std::exp(y)}; }),
          [](const Var<T>& x, const Var<T>& y) { const T e = std::exp(y.value()), v = x.value() * e; return custom(v, {{x, e}, {y, v}}); }),
  };
  add_rules<2>(all);
  return all;
}

template <class T>
std::vector<Operation<T>> ternary_operations() {
  std::vector<Operation<T>> all{
      by_value3<T>("custom", three([](Real x, Real y, Real z) { return x * y * z; }, [](Real x, Real y, Real z) { return Three{y * z, x * z, x * y}; }),
          [](const Var<T>& x, const Var<T>& y, const Var<T>& z) {
            const T a = x.value(), b = y.value(), c = z.value();
            return custom(a * b * c, {{x, b * c}, {y, a * c}, {z, a * b}}); }),
  };
  add_rules<3>(all);
  add_rules<any_number>(all);
  return all;
}

template <class T>
std::vector<Assignment<T>> assignments() {
  const Formulas& formula = formulas_of(2);
  return {
      assignment<T>("x += y", formula.at("+"), [](Var<T>& x, auto&& y) { x += std::forward<decltype(y)>(y); }),
      assignment<T>("x -= y", formula.at("-"), [](Var<T>& x, auto&& y) { x -= std::forward<decltype(y)>(y); }),
      assignment<T>("x *= y", formula.at("*"), [](Var<T>& x, auto&& y) { x *= std::forward<decltype(y)>(y); }),
      assignment<T>("x /= y", formula.at("/"), [](Var<T>& x, auto&& y) { x /= std::forward<decltype(y)>(y); }),
  };
}
// clang-format on

}  // namespace operations
