// Every rule in packs, of each instruction set that this machine has, against 113-bit arithmetic: the same bound, 4
// ulp, that scalars keep, at edges, denormal and huge numbers too.

#include <autodiff/simd/rule_kernels.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <autodiff/calculus/rules.hpp>

#include "support/catch.hpp"
#include "support/rule_table.hpp"

using namespace downhill;

namespace {

constexpr std::size_t most = 3;
template <class T>
using Columns = std::array<std::vector<T>, most>;

/// A rule of the list by its name, as kernels of every set and as the scalars have it.
template <class T>
struct Contender {
  std::string name;
  std::size_t operands = 0;
  bool in_packs = false;
  const simd::RuleKernel<T>& (*kernel)(simd::InstructionSet) = nullptr;
  T (*value)(const std::array<T, most>&) = nullptr;
  std::array<T (*)(const std::array<T, most>&, T), most> slopes = {};
};

template <class T>
std::vector<Contender<T>> contenders() {
  std::vector<Contender<T>> all;
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    constexpr std::size_t arity = arity_of<Rule>;
    if constexpr (arity <= most) {
      Contender<T> made{.name = std::string(Rule::name), .operands = arity};
      made.in_packs = std::derived_from<Rule, InPacks>;
      made.kernel = [](simd::InstructionSet set) -> const auto& { return simd::kernel_of<Rule, T>(set); };
      using X = std::array<T, most>;
      [&]<std::size_t... i>(std::index_sequence<i...>) {
        made.value = [](const X& x) { return Rule::template value<T>(x[i]...); };
        const auto slope_along = []<std::size_t j>(std::integral_constant<std::size_t, j>) {
          return [](const X& x, T v) { return slope_of<Rule, j, T>(v, x[i]...); };
        };
        ((made.slopes[i] = slope_along(std::integral_constant<std::size_t, i>{})), ...);
      }(std::make_index_sequence<arity>());
      all.push_back(made);
    }
  });
  return all;
}

/// The values, and the slopes along each operand.
template <class T>
struct Results {
  std::vector<T> value;
  Columns<T> slopes;
};
template <class T>
Results<T> in_packs(const Contender<T>& rule, simd::InstructionSet set, const Columns<T>& x) {
  const std::size_t n = x[0].size();
  Results<T> result{std::vector<T>(n), {}};
  std::array<simd::Strided<T>, most> operands = {};
  for (std::size_t i = 0; i < rule.operands; ++i) operands[i] = {x[i].data(), 1};
  const auto& kernel = rule.kernel(set);
  simd::work_out(kernel, operands.data(), rule.operands, result.value.data(), n);
  const std::vector<T> one(n, T(1));
  for (std::size_t i = 0; i < rule.operands; ++i) {
    result.slopes[i].resize(n);
    simd::pull_back(kernel, i, operands.data(), rule.operands, result.value.data(), one.data(), result.slopes[i].data(),
                    n, false);
  }
  return result;
}

template <class T>
std::vector<T> edges() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> x;
  for (const T y : {T(0),          Limits::denorm_min(),
                    Limits::min(), T(1e-30),
                    T(0.25),       T(0.5),
                    T(1),          T(1.5),
                    T(2),          T(3),
                    T(7),          T(88.7),
                    T(104),        T(709.7),
                    T(746),        T(1e9),
                    T(1e15),       T(1e30),
                    Limits::max(), Limits::infinity()})
    x.insert(x.end(), {y, -y});
  x.push_back(Limits::quiet_NaN());
  return x;
}
template <class T>
Columns<T> all_tuples_of(const std::vector<T>& x, std::size_t operands) {
  Columns<T> columns;
  std::size_t n = 1;
  for (std::size_t i = 0; i < operands; ++i) n *= x.size();
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0, rest = k; i < operands; ++i, rest /= x.size()) columns[i].push_back(x[rest % x.size()]);
  return columns;
}

/// The same class of number with the same sign, and when finite at most so many ulp apart.
template <class T>
bool agree(T got, T wanted, int ulps) {
  if (wanted != wanted || got != got) return wanted != wanted && got != got;
  if (got == wanted) return got != 0 || std::signbit(got) == std::signbit(wanted);
  T near = wanted;
  for (int i = 0; i < ulps; ++i) near = std::nextafter(near, got);
  return near == got || (std::signbit(near - got) != std::signbit(wanted - got));
}

}  // namespace

TEMPLATE_TEST_CASE("at infinities, NaN, signed zeros and the ends of the range, packs are as scalars", "", float,
                   double) {
  using T = TestType;
  for (const simd::InstructionSet set : simd::available())
    for (const Contender<T>& rule : contenders<T>()) {
      const Columns<T> x = all_tuples_of(edges<T>(), rule.operands);
      const Results<T> packs = in_packs(rule, set, x);
      for (std::size_t k = 0; k < x[0].size(); ++k) {
        std::array<T, most> at = {};
        for (std::size_t i = 0; i < rule.operands; ++i) at[i] = x[i][k];
        const T value = rule.value(at);
        // log(e^x + e^y) is as exact as the larger of the two.
        const bool cancels =
            rule.name == "logaddexp" && std::abs(packs.value[k] - value) <= std::numeric_limits<T>::epsilon();
        if (!cancels && !agree(packs.value[k], value, 5)) {
          INFO(simd::name_of(set) << " " << rule.name << " of " << at[0] << ", " << at[1] << ", " << at[2]);
          CHECK(packs.value[k] == value);
        }
        for (std::size_t i = 0; i < rule.operands; ++i) {
          // From the packs' own value, of which slopes are made. Handed on, a slope of -0 is 0.
          const T slope = rule.slopes[i](at, packs.value[k]);
          if (!agree(packs.slopes[i][k] + T(0), slope + T(0), 8)) {
            INFO(simd::name_of(set) << " " << rule.name << ", slope along operand " << i + 1 << " at " << at[0] << ", "
                                    << at[1] << ", " << at[2] << " of value " << packs.value[k]);
            CHECK(packs.slopes[i][k] == slope);
          }
        }
      }
    }
}

TEMPLATE_TEST_CASE("a lane does not depend on its neighbours", "", float, double) {
  using T = TestType;
  constexpr std::size_t shift = 5;
  for (const simd::InstructionSet set : simd::available())
    for (const Contender<T>& rule : contenders<T>()) {
      const Columns<T> x = all_tuples_of(edges<T>(), std::min<std::size_t>(rule.operands, 2));
      Columns<T> full = x, moved;
      if (rule.operands == 3) full[2] = x[0];
      const std::size_t n = full[0].size();
      for (std::size_t i = 0; i < rule.operands; ++i)
        for (std::size_t k = 0; k < n; ++k) moved[i].push_back(full[i][(k * shift) % n]);
      const Results<T> here = in_packs(rule, set, full), there = in_packs(rule, set, moved);
      const auto same = [](T a, T b) { return a != a ? b != b : a == b && std::signbit(a) == std::signbit(b); };
      bool all_same = true;
      for (std::size_t k = 0; k < n; ++k) {
        all_same = all_same && same(there.value[k], here.value[(k * shift) % n]);
        for (std::size_t i = 0; i < rule.operands; ++i)
          all_same = all_same && same(there.slopes[i][k], here.slopes[i][(k * shift) % n]);
      }
      INFO(simd::name_of(set) << " " << rule.name);
      CHECK(all_same);
    }
}

#if defined(DOWNHILL_HAVE_QUADMATH)

using namespace downhill::test;

namespace {

template <class T>
void judge(const Row& row, const Contender<T>& rule, std::size_t points) {
  Columns<T> x;
  Sampler sampler(7);
  for (std::size_t n = 0; n < points; ++n) {
    const Point<T> drawn = draw<T>(row, sampler);
    for (std::size_t i = 0; i < row.operands; ++i) x[i].push_back(drawn[i]);
  }
  const auto sets = simd::available();
  std::vector<Results<T>> results;
  for (const simd::InstructionSet set : sets) results.push_back(in_packs(rule, set, x));
  std::vector<std::array<Worst<T>, most + 1>> worst(sets.size());
  for (std::size_t n = 0; n < points; ++n) {
    Point<T> at = {};
    for (std::size_t i = 0; i < row.operands; ++i) at[i] = x[i][n];
    const Point<quad> exact = widen(at);
    const quad value_terms = row.value_terms ? row.value_terms(exact) : quad(0);
    const quad slope_terms = row.slope_terms ? row.slope_terms(exact) : quad(0);
    const double limit = std::max(row.value_ulps, slope_limit);
    const quad value = row.value(exact);
    for (std::size_t s = 0; s < sets.size(); ++s) {
      const T got = results[s].value[n];
      worst[s][most].see(error_of(got, value, value_terms, limit) * (slope_limit / limit), at, got, value);
    }
    for (std::size_t i = 0; i < row.operands; ++i) {
      const quad slope = row.slopes[i](exact);
      for (std::size_t s = 0; s < sets.size(); ++s) {
        const T got = results[s].slopes[i][n];
        worst[s][i].see(error_of(got, slope, slope_terms, slope_limit), at, got, slope);
      }
    }
  }
  for (std::size_t s = 0; s < sets.size(); ++s) {
    INFO(simd::name_of(sets[s]) << " " << row.name << ", value: " << worst[s][most].text());
    CHECK(static_cast<double>(worst[s][most].ulps) <= slope_limit);
    for (std::size_t i = 0; i < row.operands; ++i) {
      INFO("slope along operand " << i + 1 << ": " << worst[s][i].text());
      CHECK(static_cast<double>(worst[s][i].ulps) <= slope_limit);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("every rule is within 4 ulp in packs, of each instruction set", "", float, double) {
  for (const Contender<TestType>& rule : contenders<TestType>()) {
    if (!rule.in_packs) continue;
    for (const Row& row : rule_table())
      if (row.name == rule.name && row.operands == rule.operands) judge<TestType>(row, rule, 6'000);
  }
}

#endif
