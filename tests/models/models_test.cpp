#include <models/models.hpp>

#include "support/catch.hpp"

#include <string_view>
#include <utility>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect/decision_boundary.hpp>

using namespace downhill;

namespace {

// Does `look(x)` compile, for an x that stays and for one that is about to go?
template <class X, class Look>
constexpr bool compiles(Look) {
  return requires { std::declval<Look>()(std::declval<X>()); };
}
template <class X, class Look>
constexpr bool only_of_what_stays(Look look) {
  return compiles<X&>(look) && compiles<const X&>(look) && !compiles<X>(look) && !compiles<const X>(look);
}

}  // namespace

TEST_CASE("a view of the numbers of a temporary does not compile, as it would outlive them") {
  STATIC_REQUIRE(only_of_what_stays<Dataset>(
      [](auto&& x) -> decltype(std::forward<decltype(x)>(x).row(0)) { return std::forward<decltype(x)>(x).row(0); }));
  STATIC_REQUIRE(only_of_what_stays<Samples<float>>([](auto&& x) -> decltype(std::forward<decltype(x)>(x).input(0)) {
    return std::forward<decltype(x)>(x).input(0);
  }));
  const auto parameters = [](auto&& x) -> decltype(std::forward<decltype(x)>(x).parameters()) {
    return std::forward<decltype(x)>(x).parameters();
  };
  STATIC_REQUIRE(only_of_what_stays<Mlp<float>>(parameters));
  STATIC_REQUIRE(only_of_what_stays<Tape<double>>(parameters));
  STATIC_REQUIRE(only_of_what_stays<Mlp<float>>([](auto&& x) -> decltype(std::forward<decltype(x)>(x).parameter("w")) {
    return std::forward<decltype(x)>(x).parameter("w");
  }));
  STATIC_REQUIRE(
      only_of_what_stays<LogisticRegression<double>>([](auto&& x) -> decltype(std::forward<decltype(x)>(x).weights()) {
        return std::forward<decltype(x)>(x).weights();
      }));
  STATIC_REQUIRE(only_of_what_stays<Optimizer<Adam>>([](auto&& x) -> decltype(std::forward<decltype(x)>(x).memory()) {
    return std::forward<decltype(x)>(x).memory();
  }));
  STATIC_REQUIRE(only_of_what_stays<BestSoFar>(
      [](auto&& x) -> decltype(std::forward<decltype(x)>(x).point()) { return std::forward<decltype(x)>(x).point(); }));
  STATIC_REQUIRE(only_of_what_stays<EarlyStopping>([](auto&& x) -> decltype(std::forward<decltype(x)>(x).best_point()) {
    return std::forward<decltype(x)>(x).best_point();
  }));
}
