// Every rule of calculus.hpp against its derivative in 113-bit arithmetic, at edges, denormals and huge numbers too.
// A rule of the list (calculus/rules.hpp) that has no row in support/rule_table.cpp fails a test that says so.

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <autodiff/calculus.hpp>
#include <autodiff/calculus/rules.hpp>

#include "support/catch.hpp"
#include "support/quad.hpp"
#include "support/rule_row.hpp"
#include "support/rule_table.hpp"
#include "support/sampling.hpp"

#if defined(DOWNHILL_HAVE_QUADMATH)

using namespace downhill;
using namespace downhill::test;

namespace {

template <class T>
void judge(const Row& row, int points) {
  const Calls<T>& rule = calls_of<T>(row);
  std::array<Worst<T>, 3> slopes;
  Worst<T> value;
  Sampler sampler(20'240'229);
  for (int n = 0; n < points; ++n) {
    const Point<T> x = draw<T>(row, sampler);
    const Point<quad> exact = widen(x);
    const T v = rule.value(x);
    const quad terms = row.slope_terms ? row.slope_terms(exact) : quad(0);
    for (std::size_t i = 0; i < row.operands; ++i) {
      const quad wanted = row.slopes[i](exact);
      const T got = rule.slopes[i](x, v);
      slopes[i].see(error_of(got, wanted, terms, slope_limit), x, got, wanted);
    }
    if (row.value_ulps > 0) {
      const quad wanted = row.value(exact);
      value.see(error_of(v, wanted, row.value_terms ? row.value_terms(exact) : quad(0), row.value_ulps), x, v, wanted);
    }
  }
  for (std::size_t i = 0; i < row.operands; ++i) {
    INFO(row.name << ", slope along operand " << i + 1 << ": " << slopes[i].text());
    CHECK(static_cast<double>(slopes[i].ulps) <= slope_limit);
  }
  INFO(row.name << ", value: " << value.text());
  CHECK(static_cast<double>(value.ulps) <= row.value_ulps);
}

// A point of the row where nothing is extreme, and its smallest distance from the special points and bounds.
Point<double> moderate(const Row& row, Sampler& sampler, double& distance) {
  Point<double> x = {};
  distance = 1;
  for (std::size_t i = 0; i < row.operands; ++i) {
    const Domain& domain = row.domains[i];
    const double low = std::max(domain.low, -3.), high = std::min(domain.high, 3.);
    x[i] = domain.integers ? std::round(sampler.uniform(low, high)) : sampler.uniform(low, high);
    for (const double s : domain.special) distance = std::min(distance, std::abs(x[i] - s));
    distance = std::min({distance, std::abs(x[i] - domain.low), std::abs(x[i] - domain.high),
                         std::abs(x[i] - std::round(x[i])), std::abs(x[i] - std::trunc(x[i]) - 0.5)});
    for (std::size_t j = 0; j < i; ++j) distance = std::min(distance, std::abs(x[i] - x[j]));
  }
  return x;
}

/// The derivative of f along operand i by Richardson extrapolation of central differences; error about h^4 = 2^-80.
quad difference(const Reference& f, Point<quad> x, std::size_t i) {
  const quad h = ldexpq(1, -20), middle = x[i];
  const auto at = [&](quad step) {
    x[i] = middle + step;
    return f(x);
  };
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
}

constexpr int points = 20'000;

// Finite numbers of every size, and those around 0, 1 and the bounds of the domain.
template <class Visit>
void for_numbers_around(const OperandDomain& domain, Visit&& visit) {
  Domain sampled{.special = {0, 1, -1, -2}};
  for (const double bound : {domain.low, domain.high})
    if (std::isfinite(bound)) sampled.special.push_back(bound);
  Sampler sampler(5);
  for (int n = 0; n < 2'000; ++n) visit(sampler.draw<double>(sampled));
}

}  // namespace

TEST_CASE("every rule of the list has its reference in this table, over the bounds of its domain") {
  AllRules::for_each([]<class Rule>(std::type_identity<Rule>) {
    constexpr std::size_t arity = arity_of<Rule>;
    if (arity == any_number) return;  // those are judged in ranges_test.cpp
    std::size_t rows = 0;
    Point<double> low = {}, high = {};
    for (const Row& row : rule_table()) {
      if (row.name != Rule::name || row.operands != arity) continue;
      for (std::size_t i = 0; i < arity; ++i) {
        low[i] = rows == 0 ? row.domains[i].low : std::min(low[i], row.domains[i].low);
        high[i] = rows == 0 ? row.domains[i].high : std::max(high[i], row.domains[i].high);
      }
      ++rows;
    }
    INFO("the rule '" << Rule::name << "' of " << arity << " operands: add its row to tests/support/rule_table.cpp, "
                      << "with where to sample it, and its value and slopes in 113 bits");
    CHECK(rows > 0);
    for (std::size_t i = 0; rows > 0 && i < arity; ++i) {
      const OperandDomain domain = domain_of<Rule>(i);
      const double far = std::numeric_limits<double>::max();
      if (std::isfinite(domain.low)) CHECK(low[i] <= (domain.is_open ? std::nextafter(domain.low, far) : domain.low));
      if (std::isfinite(domain.high))
        CHECK(high[i] >= (domain.is_open ? std::nextafter(domain.high, -far) : domain.high));
    }
  });
}

TEST_CASE("a function has a value all over its domain, and none that is finite outside") {
  const auto check = [](std::string_view name, const OperandDomain& domain, double x, double value) {
    if (domain.contains(x) ? value == value : !std::isfinite(value)) return;
    INFO(name << " of " << x << " is " << value);
    CHECK(domain.contains(x) == (value == value));
  };
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    if constexpr (arity_of<Rule> == 1) {
      for_numbers_around(domain_of<Rule>(0),
                         [&](double x) { check(Rule::name, domain_of<Rule>(0), x, apply<Rule>(x)); });
    } else if constexpr (arity_of<Rule> == 2 && !std::is_same_v<Rule, Pow>) {  // a base below 0 has whole exponents
      for (const double other : {0.75, -0.75}) {
        for_numbers_around(domain_of<Rule>(0), [&](double x) {
          if (domain_of<Rule>(1).contains(other)) check(Rule::name, domain_of<Rule>(0), x, apply<Rule>(x, other));
        });
        for_numbers_around(domain_of<Rule>(1),
                           [&](double y) { check(Rule::name, domain_of<Rule>(1), y, apply<Rule>(other, y)); });
      }
    }
  });
}

TEST_CASE("every slope is within 4 ulp of the derivative, in double") {
  for (const Row& row : rule_table()) judge<double>(row, points);
}

TEST_CASE("every slope is within 4 ulp of the derivative, in float") {
  for (const Row& row : rule_table()) judge<float>(row, points);
}

TEST_CASE("the references of the slopes are the derivatives of the references of the values") {
  for (const Row& row : rule_table()) {
    Sampler sampler(1);
    for (int n = 0; n < 200; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      for (std::size_t i = 0; i < row.operands; ++i) {
        if (row.domains[i].integers || distance < 1e-2) continue;
        const quad slope = row.slopes[i](widen(x)), around = difference(row.value, widen(x), i);
        INFO(row.name << " along operand " << i + 1 << " at " << x[0] << ", " << x[1] << ", " << x[2]);
        CHECK(static_cast<double>(fabsq(slope - around)) <= 1e-12 * (1 + static_cast<double>(fabsq(slope))));
      }
    }
  }
}

TEST_CASE("a slope can be differentiated once more, by the same rules") {
  for (const Row& row : rule_table()) {
    Sampler sampler(2);
    for (int n = 0; n < 200; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      for (std::size_t i = 0; i < row.operands; ++i) {
        if (row.domains[i].integers || distance < 1e-2) continue;
        Point<Dual<double>> moving = {x[0], x[1], x[2]};
        moving[i] = Dual<double>::variable(x[i]);
        const Dual<double> value = row.in_dual.value(moving), slope = row.in_dual.slopes[i](moving, value);
        const double first = static_cast<double>(row.slopes[i](widen(x)));
        const double second = static_cast<double>(difference(row.slopes[i], widen(x), i));
        INFO(row.name << " along operand " << i + 1 << " at " << x[0] << ", " << x[1] << ", " << x[2]);
        CHECK(std::abs(value.tangent() - first) <= 1e-12 * (1 + std::abs(first)));
        CHECK(std::abs(slope.tangent() - second) <= 1e-9 * (1 + std::abs(second)));
      }
    }
  }
}

TEST_CASE("every mode has the same derivatives, the second ones too") {
  const auto close = [](double x, double y) { return std::abs(x - y) <= 1e-12 * (1 + std::abs(x)); };
  for (const Row& row : rule_table()) {
    Sampler sampler(4);
    for (int n = 0; n < 50; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      if (distance < 1e-2) continue;
      const Modes& modes = row.modes;
      const Point<double> reverse = row.in_double.gradient(x), forward = modes.forward(x);
      INFO(row.name << " at " << x[0] << ", " << x[1] << ", " << x[2]);
      for (std::size_t i = 0; i < row.operands; ++i) {
        CHECK(forward[i] == reverse[i]);
        CHECK(modes.forward_at_once(x)[i] == reverse[i]);
        for (std::size_t j = 0; j < row.operands; ++j) {
          const double second = modes.forward_over_forward(x, i, j);
          CHECK(close(second, modes.forward_over_reverse(x, i, j)));
          CHECK(close(second, modes.forward_over_forward(x, j, i)));
        }
      }
    }
  }
}

TEST_CASE("every function applies its rule, to plain numbers and to a Var") {
  const auto same = [](double x, double y) { return x == y || (x != x && y != y); };
  for (const Row& row : rule_table()) {
    Sampler sampler(3);
    for (int n = 0; n < 50; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      const Calls<double>& rule = row.in_double;
      const double value = rule.value(x);
      const Point<double> gradient = rule.gradient(x);
      INFO(row.name << " at " << x[0] << ", " << x[1] << ", " << x[2]);
      const double plain = rule.function(x);  // std's, which for hypot of three is another formula
      CHECK((same(plain, value) || static_cast<double>(ulps_between(plain, quad(value))) <= row.value_ulps));
      for (std::size_t i = 0; i < row.operands; ++i) CHECK(same(gradient[i], rule.slopes[i](x, value)));
    }
  }
}

#endif
