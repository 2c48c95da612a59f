#pragma once
// One row of the table in rule_table.cpp: a rule, its function, where to sample it, and its references in 113 bits.

#include "support/quad.hpp"

#if defined(DOWNHILL_HAVE_QUADMATH)

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>

#include <autodiff/dual.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/variable.hpp>

#include "support/sampling.hpp"

namespace downhill::test {

template <class T>
using Point = std::array<T, 3>;
using Reference = std::function<quad(const Point<quad>&)>;

/// A rule and its function at one number type, the slopes one for each operand.
template <class T>
struct Calls {
  T (*value)(const Point<T>&) = nullptr;
  std::array<T (*)(const Point<T>&, T), 3> slopes = {};
  T (*function)(const Point<T>&) = nullptr;
  Point<T> (*gradient)(const Point<T>&) = nullptr;
};

/// The derivatives of a function by every mode there is.
struct Modes {
  using Gradient = Point<double> (*)(const Point<double>&);
  using Second = double (*)(const Point<double>&, std::size_t, std::size_t);
  Gradient forward = nullptr;             // Dual<double>, one operand after the other
  Gradient forward_at_once = nullptr;     // Dual<double, 3>
  Second forward_over_forward = nullptr;  // Dual<Dual<double>>
  Second forward_over_reverse = nullptr;  // Tape<Dual<double>>
};

struct Row {
  std::string name;
  std::size_t operands = 0;
  std::array<Domain, 3> domains = {};
  Reference value = {};
  std::array<Reference, 3> slopes = {};
  Calls<double> in_double = {};
  Calls<float> in_float = {};
  Calls<Dual<double>> in_dual = {};
  Modes modes = {};

  Reference slope_terms = {};  // the size of the terms that cancel in the slope, and of those in the value
  Reference value_terms = {};
  double value_ulps = 0;  // 0 where the value is libm's
  std::function<double(double, Sampler&)> related = [](double x, Sampler& s) {
    return x * std::exp2(s.uniform(-70, 70));
  };

  Row&& slope_cancels(quad (*terms)(quad)) && {
    slope_terms = [=](const Point<quad>& p) { return terms(p[0]); };
    return std::move(*this);
  }
  Row&& value_within(double ulps) && {
    value_ulps = ulps;
    return std::move(*this);
  }
  Row&& value_cancels(quad (*terms)(quad)) && {
    value_terms = [=](const Point<quad>& p) { return terms(p[0]); };
    return std::move(*this);
  }
  Row&& value_cancels(quad (*terms)(quad, quad)) && {
    value_terms = [=](const Point<quad>& p) { return terms(p[0], p[1]); };
    return std::move(*this);
  }
  Row&& relate(std::function<double(double, Sampler&)> second_operand) && {
    related = std::move(second_operand);
    return std::move(*this);
  }
};

template <std::size_t operands, class Function, class X>
auto call(const X& x) {
  if constexpr (operands == 1) return Function{}(x[0]);
  if constexpr (operands == 2) return Function{}(x[0], x[1]);
  if constexpr (operands == 3) return Function{}(x[0], x[1], x[2]);
}

template <class T, class Rule, class Function, std::size_t operands>
Calls<T> calls() {
  using P = Point<T>;
  Calls<T> made;
  made.function = [](const P& p) { return T(call<operands, Function>(p)); };
  if constexpr (std::floating_point<T>)
    made.gradient = [](const P& p) {
      Tape<T> tape;
      const std::array<Var<T>, 3> x = {tape.variable(p[0]), tape.variable(p[1]), tape.variable(p[2])};
      const auto gradient = tape.gradient(call<operands, Function>(x));
      return P{gradient[x[0]], gradient[x[1]], gradient[x[2]]};
    };
  if constexpr (operands == 1) {
    made.value = [](const P& p) { return Rule::template value<T>(p[0]); };
    made.slopes[0] = [](const P& p, T v) { return Rule::template slope<T>(p[0], v); };
  } else if constexpr (operands == 2) {
    made.value = [](const P& p) { return Rule::template value<T>(p[0], p[1]); };
    made.slopes[0] = [](const P& p, T v) { return Rule::template slope_x<T>(p[0], p[1], v); };
    made.slopes[1] = [](const P& p, T v) { return Rule::template slope_y<T>(p[0], p[1], v); };
  } else {
    made.value = [](const P& p) { return Rule::template value<T>(p[0], p[1], p[2]); };
    made.slopes[0] = [](const P& p, T v) { return Rule::template slope_x<T>(p[0], p[1], p[2], v); };
    made.slopes[1] = [](const P& p, T v) { return Rule::template slope_y<T>(p[0], p[1], p[2], v); };
    made.slopes[2] = [](const P& p, T v) { return Rule::template slope_z<T>(p[0], p[1], p[2], v); };
  }
  return made;
}

template <class Function, std::size_t operands>
Modes modes() {
  using P = Point<double>;
  Modes made;
  made.forward = [](const P& p) {
    P slopes = {};
    for (std::size_t i = 0; i < operands; ++i) {
      Point<Dual<double>> x = {p[0], p[1], p[2]};
      x[i] = Dual<double>::variable(p[i]);
      slopes[i] = call<operands, Function>(x).tangent();
    }
    return slopes;
  };
  made.forward_at_once = [](const P& p) {
    using D = Dual<double, 3>;
    return D(call<operands, Function>(Point<D>{D::variable(p[0], 0), D::variable(p[1], 1), D::variable(p[2], 2)}))
        .tangents();
  };
  made.forward_over_forward = [](const P& p, std::size_t i, std::size_t j) {
    using D = Dual<Dual<double>>;
    Point<D> x;
    for (std::size_t k = 0; k < 3; ++k) x[k] = D(Dual<double>(p[k], k == j ? 1.0 : 0.0), k == i ? 1.0 : 0.0);
    return D(call<operands, Function>(x)).tangent().tangent();
  };
  made.forward_over_reverse = [](const P& p, std::size_t i, std::size_t j) {
    using D = Dual<double>;
    Tape<D> tape;
    std::array<Var<D>, 3> x;
    for (std::size_t k = 0; k < 3; ++k) x[k] = tape.variable(D(p[k], k == j ? 1.0 : 0.0));
    return tape.gradient(call<operands, Function>(x))[x[i]].tangent();
  };
  return made;
}

using Unary = quad (*)(quad);
using Binary = quad (*)(quad, quad);
using Ternary = quad (*)(quad, quad, quad);
inline Reference reference(Unary f) {
  return [=](const Point<quad>& p) { return f(p[0]); };
}
inline Reference reference(Binary f) {
  return [=](const Point<quad>& p) { return f(p[0], p[1]); };
}
inline Reference reference(Ternary f) {
  return [=](const Point<quad>& p) { return f(p[0], p[1], p[2]); };
}

template <class Rule, class Function, std::size_t operands>
Row row(std::array<Domain, 3> domains, Reference value, std::array<Reference, 3> slopes) {
  return {.name = std::string(Rule::name),
          .operands = operands,
          .domains = std::move(domains),
          .value = std::move(value),
          .slopes = std::move(slopes),
          .in_double = calls<double, Rule, Function, operands>(),
          .in_float = calls<float, Rule, Function, operands>(),
          .in_dual = calls<Dual<double>, Rule, Function, operands>(),
          .modes = modes<Function, operands>()};
}
template <class Rule, class Function>
Row unary(Function, Domain domain, Unary value, Unary slope) {
  return row<Rule, Function, 1>({domain}, reference(value), {reference(slope)});
}
template <class Rule, class Function>
Row binary(Function, Domain x, Domain y, Binary value, Binary slope_x, Binary slope_y) {
  return row<Rule, Function, 2>({x, y}, reference(value), {reference(slope_x), reference(slope_y)});
}
template <class Rule, class Function>
Row ternary(Function, Domain each, Ternary value, Ternary slope_x, Ternary slope_y, Ternary slope_z) {
  return row<Rule, Function, 3>({each, each, each}, reference(value),
                                {reference(slope_x), reference(slope_y), reference(slope_z)});
}

template <class T>
const Calls<T>& calls_of(const Row& row) {
  if constexpr (std::is_same_v<T, double>)
    return row.in_double;
  else
    return row.in_float;
}

template <class T>
Point<T> draw(const Row& row, Sampler& sampler) {
  for (;;) {
    Point<T> x = {};
    for (std::size_t i = 0; i < row.operands; ++i) {
      x[i] = sampler.draw<T>(row.domains[i]);
      if (i > 0 && sampler.uniform(0, 1) < 0.4) x[i] = T(row.related(double(x[i - 1]), sampler));
    }
    if (std::isfinite(x[0]) && std::isfinite(x[1]) && std::isfinite(x[2])) return x;
  }
}

template <class T>
Point<quad> widen(const Point<T>& x) {
  return {x[0], x[1], x[2]};
}

/// The largest error met so far, and where.
template <class T>
struct Worst {
  quad ulps = 0;
  Point<T> at = {};
  T got = 0;
  quad wanted = 0;

  void see(quad error, const Point<T>& x, T result, quad reference) {
    if (error > ulps) *this = {error, x, result, reference};
  }
  std::string text() const {
    std::string s = std::to_string(static_cast<double>(ulps)) + " ulp at";
    char number[64];
    for (const T x : at) {
      std::snprintf(number, sizeof number, " %.17g", static_cast<double>(x));
      s += number;
    }
    std::snprintf(number, sizeof number, ": %.17g, not %.17g", static_cast<double>(got), static_cast<double>(wanted));
    return s + number;
  }
};

// In ulp of the true result or, where terms cancel, in units in which 2^-digits of the terms are `limit`.
template <class T>
quad error_of(T got, quad wanted, quad terms, double limit) {
  const quad allowed = terms * ldexpq(1, -std::numeric_limits<T>::digits) / ulp<T>(wanted);
  return ulps_between(got, wanted) * std::min(quad(1), allowed > 0 ? limit / allowed : quad(1));
}

inline constexpr double slope_limit = 4;

}  // namespace downhill::test

#endif
