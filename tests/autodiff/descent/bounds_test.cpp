#include <autodiff/descent/bounds.hpp>

#include <limits>
#include <vector>

#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;
using Numbers = std::vector<double>;

TEST_CASE("bounds are none, one for all or one for each, and clamp to the nearest point between them") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Eigen::VectorXd x{{-2, 5, 0.5}};
  CHECK(Bounds("A method", {}, {}, 3).clamp(x) == x);
  CHECK(Bounds("A method", {}, {}, 3).upper()[2] == infinity);
  CHECK(Bounds("A method", Numbers{-1}, Numbers{1}, 3).clamp(x) == Eigen::VectorXd{{-1, 1, 0.5}});
  CHECK(Bounds("A method", Numbers{-infinity, 0, 1}, {}, 3).clamp(x) == Eigen::VectorXd{{-2, 5, 1}});
}

TEST_CASE("every method with bounds refuses the same bounds and starts, in its own name") {
  const auto residuals = [](auto x) { return std::vector{x[0] - 1.0, x[1] - 2.0}; };
  const auto refuses = [&](const auto& method, const char* name, const char* what) {
    CHECK_THROWS_WITH(minimize(SumOfSquares(residuals), {0, 0}, method), ContainsSubstring(what));
    CHECK_THROWS_WITH(minimize(SumOfSquares(residuals), {0, 0}, method), ContainsSubstring(name));
  };
  const auto by_both = [&](const Numbers& lower, const Numbers& upper, const char* what) {
    refuses(LevenbergMarquardt{.lower = lower, .upper = upper}, "LevenbergMarquardt: ", what);
    refuses(BoundedLbfgs{.lower = lower, .upper = upper}, "BoundedLbfgs: ", what);
  };
  by_both({0, 0, 0}, {}, "3 lower bounds for 2 parameters; give none, one or 2");
  by_both({}, {1, 1, 1}, "3 upper bounds");
  by_both({0, 1}, {1, 0.5}, "the lower bound 1 of parameter 1 is not below the upper one, 0.5");
  by_both({std::numeric_limits<double>::quiet_NaN()}, {}, "the lower bound nan");
  by_both({0, 0.5}, {}, "start[1] is 0, outside its bounds [0.5, inf]");
}
