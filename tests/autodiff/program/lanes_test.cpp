#include <autodiff/program/lanes.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include <autodiff/program.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>

using namespace downhill;
using test::scattered;

namespace {

template <class T>
bool near(double x, double y, double scale) {
  return test::near(x, y, scale, 64 * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

}  // namespace

TEMPLATE_TEST_CASE("sums over the numbers of a sample are right for any length of it", "", double, float) {
  using T = TestType;
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 15U, 16U, 17U, 31U, 64U, 65U, 130U, 150U})
    for (const std::size_t samples : {1U, 8U, 37U, 300U}) {
      // Logistic regression: z = w s + b, softplus(z) - z y. Its gradient along w is the sum of (sigmoid(z) - y) s.
      const auto f = [n](const auto& w, const auto& s) {
        auto z = w[0] * s[0];
        for (std::size_t j = 1; j < n; ++j) z += w[j] * s[j];
        z += w[n];
        return softplus(z) - z * s[n];
      };
      const std::vector<T> rows = scattered<T>((n + 1) * samples, 3, -1, 1), narrow = scattered<T>(n + 1, 4, -1, 1);
      const std::vector<double> w(narrow.begin(), narrow.end());
      std::vector<double> wanted(n + 1, 0.0), gradient(n + 1);
      double value = 0;
      for (std::size_t i = 0; i < samples; ++i) {
        const T* const s = rows.data() + i * (n + 1);
        double z = w[n];
        for (std::size_t j = 0; j < n; ++j) z += w[j] * static_cast<double>(s[j]);
        value += std::log1p(std::exp(z)) - z * static_cast<double>(s[n]);
        const double slope = 1 / (1 + std::exp(-z)) - static_cast<double>(s[n]);
        for (std::size_t j = 0; j < n; ++j) wanted[j] += slope * static_cast<double>(s[j]);
        wanted[n] += slope;
      }
      INFO(n << " numbers, " << samples << " samples");
      const double scale = 8 * static_cast<double>(samples);
      CHECK(near<T>(sum_over(rows, record<T>(f, n + 1, n + 1))(w, gradient), value, scale));
      for (std::size_t j = 0; j <= n; ++j) CHECK(near<T>(gradient[j], wanted[j], scale));
    }
}

TEST_CASE("an infinite number of a sample stays with its sample, and 0 times it is 0 in the gradient") {
  constexpr std::size_t n = 20;
  const auto f = [](const auto& w, const auto& s) {
    auto z = w[0] * s[0];
    for (std::size_t j = 1; j < n; ++j) z += w[j] * s[j];
    return select(s[n] > 0, z, w[0]);
  };
  std::vector<double> rows((n + 1) * 50, 1.0), w(n, 1.0), gradient(n);
  rows[3 * (n + 1) + 17] = std::numeric_limits<double>::infinity();
  rows[3 * (n + 1) + n] = -1;  // that sample does not take its sum
  CHECK(sum_over(rows, record(f, n, n + 1))(w, gradient) == 49 * 20 + 1);
  CHECK(gradient[0] == 50);
  for (std::size_t j = 1; j < n; ++j) CHECK(gradient[j] == 49);
}

TEST_CASE("the square of a sum of products is worked out in one pass as it is in several") {
  for (std::size_t terms = 1; terms <= 6; ++terms)
    for (const std::size_t samples : {1U, 7U, 8U, 16U, 31U, 300U}) {
      const auto f = [terms](const auto& w, const auto& s) {
        auto r = w[0] * s[0] - 0.5;
        for (std::size_t j = 1; j < terms; ++j) r += w[j] * s[j];
        return square(r);
      };
      const std::vector<double> rows = scattered<double>(terms * samples, 5, -1, 1),
                                w = scattered<double>(terms, 6, -1, 1);
      std::vector<double> wanted(terms, 0.0), gradient(terms);
      double value = 0;
      for (std::size_t i = 0; i < samples; ++i) {
        double r = -0.5;
        for (std::size_t j = 0; j < terms; ++j) r += w[j] * rows[i * terms + j];
        value += r * r;
        for (std::size_t j = 0; j < terms; ++j) wanted[j] += 2 * r * rows[i * terms + j];
      }
      INFO(terms << " terms, " << samples << " samples");
      auto sum = sum_over(rows, record(f, terms, terms));
      const double scale = static_cast<double>(samples);
      CHECK(near<double>(sum(w, gradient), value, scale));
      CHECK(near<double>(sum.value(w), value, scale));
      for (std::size_t j = 0; j < terms; ++j) CHECK(near<double>(gradient[j], wanted[j], scale));
    }
}

TEMPLATE_TEST_CASE("slopes along the numbers of each sample come out row by row", "", double, float) {
  using T = TestType;
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 9U, 17U}) {
    const auto f = [n](const auto&, const auto& s) {
      auto sum = s[0] * 1.0;
      for (std::size_t j = 1; j < n; ++j) sum += s[j] * static_cast<double>(j + 1);
      return square(sum);
    };
    const std::size_t samples = 100;
    const std::vector<T> rows = scattered<T>(n * samples, 7, -1, 1);
    std::vector<T> values(samples), slopes(n * samples);
    each_over<T>(rows, record<T>(f, 0, n)).sample_gradients(std::vector<T>{}, values, slopes);
    for (std::size_t i = 0; i < samples; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += static_cast<double>(rows[i * n + j]) * static_cast<double>(j + 1);
      INFO(n << " numbers, sample " << i);
      CHECK(near<T>(static_cast<double>(values[i]), sum * sum, 1000));
      for (std::size_t j = 0; j < n; ++j)
        CHECK(near<T>(static_cast<double>(slopes[i * n + j]), 2 * sum * static_cast<double>(j + 1), 1000));
    }
  }
}

TEST_CASE("slopes of quotients, logarithms and roots are the rules' at every kind of number") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> numbers{0.0,      -0.0,  1.0,     -3.0,     0.7,     5e-324,   1e-310,    -1e-310,
                                    2.3e-308, 1e300, 1.7e308, -1.7e308, 4.6e307, infinity, -infinity, std::nan("")};
  std::vector<double> rows;
  for (const double x : numbers)
    for (const double y : numbers) rows.insert(rows.end(), {x, y});
  const std::size_t samples = rows.size() / 2;
  std::vector<double> values(samples), slopes(rows.size());
  const auto same = [](double got, double wanted) {
    return got == wanted || (std::isnan(got) && std::isnan(wanted)) ||
           std::abs(got - wanted) <= 1e-15 * std::abs(wanted);
  };
  const auto check = [&](auto&& f, auto&& along_x, auto&& along_y) {
    each_over<double>(rows, record(f, 0, 2)).sample_gradients(std::vector<double>{}, values, slopes);
    for (std::size_t i = 0; i < samples; ++i) {
      const double x = rows[2 * i], y = rows[2 * i + 1];
      INFO(x << ", " << y << ": " << slopes[2 * i] << ", " << slopes[2 * i + 1]);
      CHECK(same(slopes[2 * i], along_x(x, y)));
      CHECK(same(slopes[2 * i + 1], along_y(x, y)));
    }
  };
  const auto none = [](double, double) { return 0.0; };
  check([](const auto&, const auto& s) { return s[0] / s[1]; },
        [](double x, double y) { return Divide::slope_x<double>(x, y, x / y); },
        [](double x, double y) { return Divide::slope_y<double>(x, y, x / y); });
  check([](const auto&, const auto& s) { return log(s[0]); },
        [](double x, double) { return Log::slope<double>(x, std::log(x)); }, none);
  check([](const auto&, const auto& s) { return sqrt(s[0]); },
        [](double x, double) { return Sqrt::slope<double>(x, std::sqrt(x)); }, none);
  check([](const auto&, const auto& s) { return erf(s[0]) + erfc(s[1]); },
        [](double x, double) { return Erf::slope<double>(x, std::erf(x)); },
        [](double, double y) { return Erfc::slope<double>(y, std::erfc(y)); });
}
