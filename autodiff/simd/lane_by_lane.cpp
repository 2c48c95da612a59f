#include <autodiff/simd/lane_by_lane.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace downhill::simd {

namespace {

template <class Rule, class T, std::size_t... i>
OneByOne<T> made(std::index_sequence<i...>) {
  OneByOne<T> rule;
  rule.value = [](const T* const* x, const std::size_t* step, T* v, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) v[k] = Rule::template value<T>(x[i][k * step[i]]...);
  };
  const auto slope_along = []<std::size_t j>(std::integral_constant<std::size_t, j>) {
    return [](const T* const* x, const std::size_t* step, const T* v, T* slope, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k) slope[k] = slope_of<Rule, j, T>(v[k], x[i][k * step[i]]...);
    };
  };
  ((rule.slopes[i] = slope_along(std::integral_constant<std::size_t, i>{})), ...);
  return rule;
}

template <class T>
std::array<OneByOne<T>, AllRules::size> table() {
  std::array<OneByOne<T>, AllRules::size> rules;
  std::size_t at = 0;
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    if constexpr (arity_of<Rule> <= 3) rules[at] = made<Rule, T>(std::make_index_sequence<arity_of<Rule>>());
    ++at;
  });
  return rules;
}

}  // namespace

template <class T>
const OneByOne<T>& one_by_one(std::size_t rule) {
  static const auto rules = table<T>();
  return rules[rule];
}
template const OneByOne<float>& one_by_one(std::size_t);
template const OneByOne<double>& one_by_one(std::size_t);

}  // namespace downhill::simd
