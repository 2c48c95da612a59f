// Every rule of the list, in a program: lane by lane and in packs, its value and slopes are those of the tape.

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <autodiff/program.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

// Ordinary numbers of every size, and the edges.
template <class T>
std::vector<T> numbers_to_try(std::size_t count, unsigned seed) {
  using Limits = std::numeric_limits<T>;
  const std::array<T, 22> edges{0,
                                -T(0),
                                1,
                                -1,
                                T(0.5),
                                T(-0.5),
                                T(0.25),
                                2,
                                3,
                                -2,
                                Limits::infinity(),
                                -Limits::infinity(),
                                Limits::quiet_NaN(),
                                Limits::max(),
                                Limits::lowest(),
                                Limits::min(),
                                Limits::denorm_min(),
                                -Limits::denorm_min(),
                                T(710),
                                T(-745),
                                T(88.9),
                                T(1e10)};
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 1);
  std::uniform_real_distribution<double> exponent(-12, 12), unit(0, 1);
  std::vector<T> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const auto kind = random() % 8;
    numbers.push_back(kind == 0   ? edges[random() % edges.size()]
                      : kind == 1 ? static_cast<T>(std::exp(exponent(random)))
                      : kind == 2 ? static_cast<T>(unit(random))
                      : kind == 3 ? static_cast<T>(std::round(3 * normal(random)))
                                  : static_cast<T>(normal(random)));
  }
  return numbers;
}

// Within so many ulp, or both of them no number.
template <class T>
bool near(T x, T y, double ulps) {
  if (x == y || (x != x && y != y)) return true;
  const double size = std::max<double>(std::abs(static_cast<double>(y)), std::numeric_limits<T>::min());
  return std::abs(static_cast<double>(x) - static_cast<double>(y)) <= ulps * std::numeric_limits<T>::epsilon() * size;
}

// A function of three numbers, over Symbols and over Vars: of one type for all rules.
template <class T>
struct OfThree {
  Symbol<T> (*of_symbols)(const Symbol<T>*);
  Var<T> (*of_vars)(const Var<T>*);
  template <class W>
  Symbol<T> operator()(const W&, const Inputs<Symbol<T>>& s) const {
    return of_symbols(s.data());
  }
  template <class W>
  Var<T> operator()(const W&, const Inputs<Var<T>>& s) const {
    return of_vars(s.data());
  }
};

template <class T>
void check(std::string_view name, const OfThree<T>& f, std::size_t samples, const ProgramOptions& options) {
  std::vector<T> rows = numbers_to_try<T>(samples * 3, 17);
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (i % 5 == 0) rows[i] = rows[i - 1];  // ties
  const auto program = record<T>(f, 0, 3, options);
  std::vector<T> values(samples), slopes(rows.size());
  each_over(std::span<const T>(rows), program).sample_gradients(std::vector<T>{}, values, slopes);
  Tape<T> tape;
  std::vector<Var<T>> s;
  const double ulps = options.lanes == 1 ? 2 : 8;
  for (std::size_t i = 0; i < samples; ++i) {
    tape.clear();
    tape.variables(std::span(rows).subspan(i * 3, 3), s);
    const Var<T> result = f.of_vars(s.data());
    const auto swept = tape.gradient(result);
    // What is added in another order may cancel, or overflow on the way.
    double terms = 0;
    for (std::size_t j = 0; j < 3; ++j) terms = std::max<double>(terms, std::abs(rows[i * 3 + j]));
    if (name == "sum" || name == "dot" || name == "log_sum_exp") {
      if (!(terms < 1e15)) continue;
      terms = name == "dot" ? 3 * terms * terms : 4 * terms;
    } else {
      terms = 0;
    }
    bool same = near(values[i], result.value(), ulps) ||
                std::abs(static_cast<double>(values[i] - result.value())) <= terms * std::numeric_limits<T>::epsilon();
    // The terms of these slopes cancel where x log x is smallest.
    const bool cancels = name == "pow" || name == "xlogx" || name == "xlogy";
    for (std::size_t j = 0; j < 3; ++j) {
      const T slope = slopes[i * 3 + j], wanted = swept.parameters()[j];
      const bool is_near =
          near(slope, wanted, ulps) ||
          (cancels && std::abs(slope) < 1 && std::abs(slope - wanted) <= 2 * std::numeric_limits<T>::epsilon());
      same = same && is_near;
    }
    INFO(name << " of " << rows[i * 3] << ", " << rows[i * 3 + 1] << ", " << rows[i * 3 + 2] << ": " << values[i]
              << " and " << result.value() << ", slopes " << slopes[i * 3] << ", " << slopes[i * 3 + 1] << " and "
              << swept.parameters()[0] << ", " << swept.parameters()[1]);
    CHECK(same);
  }
}
template <class T, class F>
void check(std::string_view name, const F&) {
  const OfThree<T> f{[](const Symbol<T>* s) { return Symbol<T>(F{}(s)); },
                     [](const Var<T>* s) { return Var<T>(F{}(s)); }};
  check<T>(name, f, 600, {});
  check<T>(name, f, 100, ProgramOptions::none());
}

template <class T>
void check_all() {
  RulesOfArity<1>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check<T>(Rule::name, [](const auto* s) { return apply<Rule>(s[0]); });
  });
  RulesOfArity<2>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check<T>(Rule::name, [](const auto* s) { return apply<Rule>(s[0], s[1]); });
    check<T>(Rule::name, [](const auto* s) { return apply<Rule>(s[0], s[0]); });
    check<T>(Rule::name, [](const auto* s) { return apply<Rule>(s[0], T(0.75)); });
    check<T>(Rule::name, [](const auto* s) { return apply<Rule>(T(1.25), s[0]); });
  });
  RulesOfArity<3>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check<T>(Rule::name, [](const auto* s) { return apply<Rule>(s[0], s[1], s[2]); });
    check<T>(Rule::name, [](const auto* s) { return apply<Rule>(s[0], s[1], s[0]); });
  });
  RulesOfArity<any_number>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check<T>(Rule::name, [](const auto* s) {
      using X = std::remove_cvref_t<decltype(s[0])>;
      if constexpr (requires { Rule::value(std::vector<X>{}); })
        return Rule::value(std::vector<X>{s[0], s[1], s[2], s[0]});
      else if constexpr (requires { Rule::value(std::vector<X>{}, std::vector<X>{}); })
        return Rule::value(std::vector<X>{s[0], s[1], s[2]}, std::vector<X>{s[2], s[1], X(0.5)});
      else
        return Rule::value(std::vector<X>{s[0], s[1], s[0], s[2]}, s[2]);
    });
  });
}

}  // namespace

TEST_CASE("every rule in a program has the values and slopes of the tape") { check_all<double>(); }
TEST_CASE("every rule in a program of floats has the values and slopes of the tape") { check_all<float>(); }
