// The first ten steps of each first-order method on the quadratic x' diag(lambda) x / 2: against the closed form of the
// recurrence where the paper's is linear, otherwise against the paper's sums over all gradients so far.

#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <set>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/descent/all_methods.hpp>
#include <autodiff/descent/minimize.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

const std::vector<double> lambda{1, 10, 0.25}, start{3, -1, 40};

template <class M>
std::vector<Iterate> ten_steps(const M& method) {
  const auto quadratic = by_hand(
      [](std::span<const double> x) {
        double sum = 0;
        for (std::size_t i = 0; i < 3; ++i) sum += lambda[i] * x[i] * x[i] / 2;
        return sum;
      },
      [](std::span<const double> x) { return std::array{lambda[0] * x[0], lambda[1] * x[1], lambda[2] * x[2]}; });
  return minimize(quadratic, start, method, {.gradient_norm = 0, .steps = 10}, Keep::path).path;
}

// x_k of x_(k+1) = a x_k + b x_(k-1), from x_0 and x_1, by the roots of r² = a r + b.
double of_recurrence(double a, double b, double x0, double x1, int k) {
  using C = std::complex<double>;
  const C root = std::sqrt(C(a * a + 4 * b)), r1 = (a + root) / 2.0, r2 = (a - root) / 2.0;
  const C c1 = (x1 - x0 * r2) / (r1 - r2), c2 = x0 - c1;
  return (c1 * std::pow(r1, k) + c2 * std::pow(r2, k)).real();
}

// The gradients so far of one parameter, g_1 to g_k, and the paper's averages of them.
struct History {
  std::vector<double> g;
  std::size_t k() const { return g.size(); }
  // (1 - beta) sum over i of beta^(k-i) g_i^power, of the first `count`.
  double average(double beta, int power, std::size_t count) const {
    double sum = 0;
    for (std::size_t i = 1; i <= count; ++i)
      sum += std::pow(beta, static_cast<double>(count - i)) * std::pow(g[i - 1], power);
    return (1 - beta) * sum;
  }
  double average(double beta, int power) const { return average(beta, power, k()); }
  // An average over what it has seen of its weight.
  double corrected(double beta, int power) const {
    return average(beta, power) / (1 - std::pow(beta, static_cast<double>(k())));
  }
};

// Does every step go from x to x - decrease(history, x)?
template <class M>
void check(const M& method, const std::function<double(const History&, double x)>& decrease) {
  const std::vector<Iterate> path = ten_steps(method);
  REQUIRE(path.size() == 11);
  for (std::size_t i = 0; i < 3; ++i) {
    History history;
    for (std::size_t k = 0; k < 10; ++k) {
      const double x = path[k].point[i];
      history.g.push_back(path[k].gradient[i]);
      INFO(M::name << ", parameter " << i << ", step " << k + 1);
      CHECK(path[k + 1].point[i] == Catch::Approx(x - decrease(history, x)).epsilon(1e-12).margin(1e-13));
    }
  }
}

}  // namespace

TEST_CASE("gradient descent multiplies each coordinate by 1 - eta lambda") {
  const auto path = ten_steps(GradientDescent{.learning_rate = 0.15});
  for (std::size_t i = 0; i < 3; ++i)
    for (int k = 0; k <= 10; ++k)
      CHECK(path[std::size_t(k)].point[i] == Catch::Approx(start[i] * std::pow(1 - 0.15 * lambda[i], k)));
}

TEST_CASE("the heavy ball follows Polyak's recurrence of two terms") {
  const double eta = 0.05, mu = 0.8;
  const auto path = ten_steps(Momentum{.learning_rate = eta, .momentum = mu});
  for (std::size_t i = 0; i < 3; ++i)
    for (int k = 0; k <= 10; ++k)
      CHECK(path[std::size_t(k)].point[i] ==
            Catch::Approx(of_recurrence(1 + mu - eta * lambda[i], -mu, start[i], start[i] * (1 - eta * lambda[i]), k)));
}

TEST_CASE("Nesterov's points that look ahead follow their recurrence of two terms") {
  const double eta = 0.05, mu = 0.8;
  const auto path = ten_steps(Nesterov{.learning_rate = eta, .momentum = mu});
  for (std::size_t i = 0; i < 3; ++i) {
    // x_k = y_(k-1) - eta g(y_(k-1)), y_k = x_k + mu (x_k - x_(k-1)), with x_0 = y_0.
    const double r = 1 - eta * lambda[i], y1 = start[i] * (r + mu * (r - 1));
    for (int k = 0; k <= 10; ++k)
      CHECK(path[std::size_t(k)].point[i] == Catch::Approx(of_recurrence((1 + mu) * r, -mu * r, start[i], y1, k)));
  }
}

TEST_CASE("the adaptive methods step by their papers' sums over all gradients so far") {
  const double eta = 0.1;
  check(AdaGrad{.learning_rate = eta}, [&](const History& h, double) {
    double squares = 0;
    for (const double g : h.g) squares += g * g;
    return eta * h.g.back() / (std::sqrt(squares) + 1e-10);
  });
  check(RMSProp{.learning_rate = eta, .rho = 0.8},
        [&](const History& h, double) { return eta * h.g.back() / (std::sqrt(h.average(0.8, 2)) + 1e-8); });
  check(AdaDelta{}, [](const History& h, double) {
    History steps;  // RMS of the steps before over RMS of the gradients
    for (std::size_t k = 1; k <= h.k(); ++k)
      steps.g.push_back(std::sqrt((steps.average(0.95, 2) + 1e-6) / (h.average(0.95, 2, k) + 1e-6)) * h.g[k - 1]);
    return steps.g.back();
  });
  const auto adam = [&](const History& h, double) {
    return eta * h.corrected(0.9, 1) / (std::sqrt(h.corrected(0.999, 2)) + 1e-8);
  };
  check(Adam{.learning_rate = eta}, adam);
  check(AdamW{.learning_rate = eta, .weight_decay = 0.2},
        [&](const History& h, double x) { return eta * 0.2 * x + adam(h, x); });
  check(NAdam{.learning_rate = eta}, [&](const History& h, double) {
    const double k = static_cast<double>(h.k());
    const double ahead =
        0.9 * h.average(0.9, 1) / (1 - std::pow(0.9, k + 1)) + 0.1 * h.g.back() / (1 - std::pow(0.9, k));
    return eta * ahead / (std::sqrt(h.corrected(0.999, 2)) + 1e-8);
  });
  check(AMSGrad{.learning_rate = eta, .moments = {.beta2 = 0.5}}, [&](const History& h, double) {
    double largest = 0;
    for (std::size_t k = 1; k <= h.k(); ++k) largest = std::max(largest, h.average(0.5, 2, k));
    const double seen = 1 - std::pow(0.5, static_cast<double>(h.k()));
    return eta * h.corrected(0.9, 1) / (std::sqrt(largest / seen) + 1e-8);
  });
  check(Lion{.learning_rate = eta, .weight_decay = 0.3}, [&](const History& h, double x) {
    const double mixed = 0.9 * h.average(0.99, 1, h.k() - 1) + 0.1 * h.g.back();
    return eta * (std::copysign(1.0, mixed) + 0.3 * x);
  });
}

TEST_CASE("Adam's first step is the learning rate long in every coordinate, however long the gradient is") {
  for (const double scale : {1e-3, 1.0, 1e8}) {
    const auto slope = [scale](auto x) { return scale * x[0]; };
    const Result result = minimize(slope, {7.0}, Adam{.learning_rate = 0.25}, {.steps = 1});
    CHECK(result.point[0] == Catch::Approx(6.75).epsilon(1e-4));
  }
}

TEST_CASE("every first-order method brings a small problem down") {
  std::set<std::string_view> tried;
  const auto brings_down = [&](const auto& method) {
    tried.insert(std::remove_cvref_t<decltype(method)>::name);
    const auto valley = [](auto x) { return square(x[0] - 1) + 5 * square(x[1] + 2) + 0.1 * x[0] * x[1]; };
    const Result result = minimize(valley, {4, 4}, method, {.gradient_norm = 0, .steps = 20'000});
    INFO(std::remove_cvref_t<decltype(method)>::name);
    CHECK(result.value < -0.18);  // the least is -0.2002
  };
  brings_down(GradientDescent{});
  brings_down(Momentum{});
  brings_down(Nesterov{});
  brings_down(AdaGrad{.learning_rate = 0.5});
  brings_down(AdaDelta{});
  brings_down(RMSProp{});
  brings_down(Adam{});
  brings_down(AdamW{.weight_decay = 0});
  brings_down(NAdam{});
  brings_down(AMSGrad{.learning_rate = 0.01});
  brings_down(Lion{.learning_rate = 0.001});
  FirstOrderMethods::for_each([&]<class M>(std::type_identity<M>) {
    INFO("the method " << M::name << ": add it above, with a learning rate for this problem");
    CHECK(tried.contains(M::name));
  });
}

TEST_CASE("an option outside its domain is refused with the method's name") {
  using Catch::Matchers::ContainsSubstring;
  const auto refused = [](const auto& method, const std::string& message) {
    CHECK_THROWS_WITH(minimize([](auto x) { return x[0]; }, {1.0}, method), ContainsSubstring(message));
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused(Momentum{.momentum = 1}, "Momentum: the momentum is 1; it must be at least 0 and less than 1");
  refused(Nesterov{.momentum = -0.1}, "Nesterov: the momentum is -0.1");
  refused(Adam{.learning_rate = -1}, "Adam: the learning rate is -1; it must be positive and finite");
  refused(Adam{.moments = {.beta1 = nan}}, "Adam: beta1 is nan");
  refused(AdamW{.weight_decay = -1}, "AdamW: the weight decay is -1");
  refused(AdaDelta{.epsilon = 0}, "AdaDelta: epsilon is 0; it must be positive");
  refused(Lion{.beta2 = 1.5}, "Lion: beta2 is 1.5");
  refused(RMSProp{.gradient = {.clip_norm = 0}}, "RMSProp: clip_norm is 0; it must be positive");
}
