#include <autodiff/inspect/pictures/plot.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <support/catch.hpp>
#include <support/xml.hpp>

using namespace downhill::inspect;

namespace {

const double infinity = std::numeric_limits<double>::infinity(), nan_ = std::nan("");

Interval cover(std::vector<double> values) { return covering(values); }

void check_ticks(const std::vector<Tick>& all, Interval interval) {
  INFO(interval.low << " to " << interval.high);
  std::set<std::string> labels;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double slack = (interval.high - interval.low) * 1e-6;
    CHECK(all[i].value >= interval.low - slack);
    CHECK(all[i].value <= interval.high + slack);
    CHECK(std::stod(all[i].label) == Catch::Approx(all[i].value).margin(slack).epsilon(1e-9));
    CHECK(all[i].label.size() <= 24);
    labels.insert(all[i].label);
    if (i > 0) CHECK(all[i].value > all[i - 1].value);
  }
  CHECK(labels.size() == all.size());
}

}  // namespace

TEST_CASE("an interval covers what is finite, and is never a single place") {
  const Interval some = cover({3, nan_, -1, infinity, 2, -infinity});
  CHECK((some.low == -1 && some.high == 3));
  for (const std::vector<double>& values : {std::vector<double>{},
                                            {nan_, infinity},
                                            {0.5, 0.5},
                                            {0},
                                            {1e300, 1e308},
                                            {-1e308, 1e308},
                                            {5e-324, 5e-324},
                                            {1, std::nextafter(1, 2)}}) {
    const Interval covered = cover(values);
    CHECK(covered.low < covered.high);
    CHECK(std::isfinite(covered.high - covered.low));
  }
}

TEST_CASE("ticks are round, lie within their interval and can be told apart") {
  const auto labels = [](Interval interval, std::size_t most) {
    std::string all;
    for (const Tick& tick : ticks(interval, most)) all += tick.label + " ";
    return all;
  };
  CHECK(labels({0, 1}, 5) == "0 0.2 0.4 0.6 0.8 1.0 ");
  CHECK(labels({-1.6, 3.2}, 5) == "-1 0 1 2 3 ");
  CHECK(labels({0, 1e6}, 4) == "0 500000 1000000 ");
  CHECK(labels({0, 2e7}, 4) == "0 5e6 1.0e7 1.5e7 2.0e7 ");
  CHECK(labels({0, 4e-7}, 4) == "0 1e-7 2e-7 3e-7 4e-7 ");
  CHECK(labels({1e6, 1e6 + 4}, 4) == "1000000 1000001 1000002 1000003 1000004 ");
  std::mt19937 random(1);
  std::uniform_real_distribution<> exponent(-12, 12), sign(-1, 1);
  for (int i = 0; i < 2'000; ++i) {
    const double low = sign(random) * std::pow(10, exponent(random));
    const double length = std::max(std::pow(10, exponent(random)), std::abs(low) * 1e-9);
    const auto all = ticks({low, low + length}, 6);
    check_ticks(all, {low, low + length});
    CHECK(all.size() >= 2);
    CHECK(all.size() <= 7);
  }
}

TEST_CASE("logarithmic ticks are powers of ten, and 2 and 5 times those where there are few") {
  const auto labels = [](Interval interval) {
    std::string all;
    for (const Tick& tick : logarithmic_ticks(interval)) all += tick.label + " ";
    return all;
  };
  CHECK(labels({0.9, 120}) == "1 2 5 10 20 50 100 ");
  CHECK(labels({0.001, 1000}) == "0.001 0.01 0.1 1 10 100 1000 ");
  CHECK(labels({1e-9, 2}) == "1e-8 1e-6 1e-4 1e-2 1e0 ");
  CHECK(labels({1e-300, 1e300}).size() < 60);
  std::mt19937 random(1);
  std::uniform_real_distribution<> exponent(-300, 299);
  for (int i = 0; i < 500; ++i) {
    const double low = std::pow(10, exponent(random)),
                 high = low * std::pow(10, 1 + std::abs(std::fmod(exponent(random), 8)));
    const auto all = logarithmic_ticks({low, high});
    CHECK(all.size() >= 2);
    CHECK(all.size() <= 11);
    for (const Tick& tick : all) CHECK((tick.value >= low * 0.999 && tick.value <= high * 1.001));
  }
}

TEST_CASE("a logarithmic scale is for positive values far apart") {
  const auto asks = [](std::vector<double> values) { return asks_for_logarithm(values); };
  CHECK(asks({1, 1e-3}));
  CHECK(asks({1e300, 1e-300, nan_}));
  CHECK(asks({1, 1e-9, 0}));
  CHECK_FALSE(asks({1, 0.1}));
  CHECK_FALSE(asks({1, -1e-9}));
  CHECK_FALSE(asks({}));
  CHECK_FALSE(asks({nan_, infinity, 0}));
}

TEST_CASE("an axis puts every number somewhere on its line") {
  for (const bool logarithmic : {false, true}) {
    const Axis axis({0.5, 50}, 10, 110, logarithmic);
    CHECK(axis.at(0.5) == Catch::Approx(10));
    CHECK(axis.at(50) == Catch::Approx(110));
    CHECK(axis.at(5) == Catch::Approx(logarithmic ? 60 : 10 + 100 * 4.5 / 49.5));
    double before = -infinity;
    for (const double value : {-infinity, -1e308, -1.0, 0.0, 5e-324, 0.1, 1.0, 40.0, 60.0, 1e308, infinity}) {
      CHECK(axis.at(value) >= before);
      CHECK(std::abs(axis.at(value)) <= 210);
      before = axis.at(value);
    }
  }
}

TEST_CASE("a plane draws its axes as well-formed XML, with its names escaped") {
  const Plane plane({0, 10}, {1e-9, 1}, 400, 300, true);
  const std::string drawing = plane.grid() + plane.axes("<x>", "a & b") + plane.clipped("<path d=\"M0 0\"/>");
  CHECK(xml_error(drawing) == "");
  CHECK(drawing.find("&lt;x&gt;") != std::string::npos);
  CHECK(plane.left() < plane.right());
  CHECK(plane.top() < plane.bottom());
  CHECK(plane.right() <= 400);
}
