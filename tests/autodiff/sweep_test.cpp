// A sweep that tells a sink: every parameter once, with the adjoint that a gradient has, as soon as it is final.

#include <autodiff/sweep.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/matrix.hpp>
#include <autodiff/ranges.hpp>
#include <autodiff/recompute.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>

using namespace downhill;
using test::scattered;

namespace {

// Keeps what it is told, and in which order.
struct Keeper final : ParameterSink<double> {
  explicit Keeper(std::size_t parameters) : adjoints(parameters), times(parameters) {}
  void take(const ParameterTile& tile, double* parameters, const double* of_them) noexcept override {
    {
      const std::lock_guard lock(mutex);
      order.push_back(tile.first);
    }
    for (std::size_t i = 0; i < tile.rows; ++i)
      for (std::size_t j = 0; j < tile.columns; ++j) {
        const std::size_t slot = tile.first + i * tile.stride + j;
        adjoints[slot] = of_them[i * tile.adjoint_stride + j];
        ++times[slot];
        parameters[i * tile.stride + j] += 1;
      }
  }
  std::vector<double> adjoints;
  std::vector<int> times;
  std::vector<std::size_t> order;
  std::mutex mutex;
};

// To the bit, where NaN is as good as NaN.
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) {
    return (x == y && std::signbit(x) == std::signbit(y)) || (std::isnan(x) && std::isnan(y));
  });
}

std::vector<double> kept(std::span<const double> x) { return {x.begin(), x.end()}; }

// The gradient of what `record` records on a tape, and what a sink is told: twice, with the memory of the first time.
template <class Make, class Record>
std::vector<std::size_t> check_sweep(const Make& make, const Record& record) {
  Tape<double> tape;
  make(tape);
  const Mark here = tape.mark();
  Sweep<double> sweep;
  std::vector<std::size_t> order;
  for (int time = 0; time < 2; ++time) {
    const Var<double> result = record(tape);
    const auto expected = kept(tape.gradient(result).parameters());
    const auto before = kept(tape.parameters());
    Keeper keeper(before.size());
    sweep.descend(tape, result, keeper);
    CHECK(same_bits(keeper.adjoints, expected));
    CHECK(std::ranges::all_of(keeper.times, [](int times) { return times == 1; }));
    CHECK(sweep.told() == before.size());
    CHECK(std::ranges::equal(tape.parameters(), before, [](double now, double was) { return now == was + 1; }));
    CHECK_THROWS_AS(tape.gradient(result), TapeError);  // stale: the parameters have changed
    tape.rewind(here);
    order = keeper.order;
  }
  return order;
}

}  // namespace

TEST_CASE("a sink is told of the adjoints of scalars, all at once") {
  const auto order = check_sweep(
      [](Tape<double>& tape) {
        for (const double x : {0.5, -2.0, 3.0, 7.0}) static_cast<void>(tape.variable(x));
      },
      [](Tape<double>& tape) {
        const auto x = tape.parameter(0), y = tape.parameter(1), z = tape.parameter(2);
        return sin(x * y) * x + z / y;
      });
  CHECK(order.size() == 1);
}

TEST_CASE("a sink is told of a layer before the sweep reaches the one before it") {
  const auto make = [](Tape<double>& tape) {
    parameters(tape, scattered(12, 1), 3, 4);  // slots 0 to 11
    parameters(tape, scattered(4, 2), 1, 4);   // 12 to 15
    parameters(tape, scattered(8, 3), 4, 2);   // 16 to 23
    static_cast<void>(tape.variable(5));       // 24: nobody uses it
  };
  const auto numbers = scattered(6, 4);
  const auto order = check_sweep(make, [&numbers](Tape<double>& tape) {
    std::vector<Var<double>> all;
    for (std::size_t i = 0; i < 24; ++i) all.push_back(tape.parameter(i));
    const Inputs<Var<double>> in(all);
    const auto x = VarMatrix<double>::constant(numbers, 2, 3);
    const auto first = as_matrix(Inputs<Var<double>>(std::span(all).first(12)), 3, 4);
    const auto shift = as_matrix(Inputs<Var<double>>(std::span(all).subspan(12, 4)), 1, 4);
    const auto second = as_matrix(Inputs<Var<double>>(std::span(all).subspan(16)), 4, 2);
    return sum(square(product(tanh(affine(x, first, shift)), second)));
  });
  CHECK(order == std::vector<std::size_t>{16, 0, 24});
}

TEST_CASE("parameters that are used again are told of where the sweep passes the first use") {
  const auto make = [](Tape<double>& tape) {
    parameters(tape, scattered(9, 1), 3, 3);
    parameters(tape, scattered(9, 2), 3, 3);
  };
  const auto order = check_sweep(make, [](Tape<double>& tape) {
    std::vector<Var<double>> all;
    for (std::size_t i = 0; i < 18; ++i) all.push_back(tape.parameter(i));
    const auto w = as_matrix(Inputs<Var<double>>(std::span(all).first(9)), 3, 3);
    const auto v = as_matrix(Inputs<Var<double>>(std::span(all).subspan(9)), 3, 3);
    // w comes first, as a view; then v; then w again; at last an element of each, in scalars.
    const auto h = product(w.block(0, 0, 2, 3), v);
    const Var<double> s = sum(product(h, w.transpose()));
    return s * all[4] + sin(all[10]) * all[2];
  });
  CHECK(order == std::vector<std::size_t>{0});  // both with the first block
}

TEST_CASE("scalars before, between and behind blocks count as uses") {
  const auto make = [](Tape<double>& tape) {
    parameters(tape, scattered(4, 1), 2, 2);
    parameters(tape, scattered(4, 2), 2, 2);
    static_cast<void>(tape.variable(0.25));
  };
  for (const int place : {0, 1, 2}) {
    CAPTURE(place);
    const auto order = check_sweep(make, [place](Tape<double>& tape) {
      std::vector<Var<double>> all;
      for (std::size_t i = 0; i < 9; ++i) all.push_back(tape.parameter(i));
      const auto w = as_matrix(Inputs<Var<double>>(std::span(all).first(4)), 2, 2);
      const auto v = as_matrix(Inputs<Var<double>>(std::span(all).subspan(4, 4)), 2, 2);
      Var<double> extra = place == 0 ? exp(all[5]) : Var<double>(1);
      const auto first = square(w);
      if (place == 1) extra = exp(all[5]);
      const Var<double> s = sum(product(first, v));
      if (place == 2) extra = exp(all[5]);
      return s * extra * all[8];
    });
    // Scalars between two blocks count as one run, from the first to the last: in place 2 from 5 to 8.
    const std::array<std::vector<std::size_t>, 3> expected{
        std::vector<std::size_t>{8, 0, 4}, std::vector<std::size_t>{8, 4, 0}, std::vector<std::size_t>{4, 0}};
    CHECK(order == expected[static_cast<std::size_t>(place)]);
  }
}

TEST_CASE("the result may be a parameter") {
  check_sweep([](Tape<double>& tape) { parameters(tape, scattered(4, 1), 2, 2); },
              [](Tape<double>& tape) { return tape.parameter(2); });
  check_sweep([](Tape<double>& tape) { parameters(tape, scattered(4, 1), 2, 2); },
              [](Tape<double>& tape) {
                std::vector<Var<double>> all;
                for (std::size_t i = 0; i < 4; ++i) all.push_back(tape.parameter(i));
                static_cast<void>(square(as_matrix(Inputs<Var<double>>(all), 2, 2)));
                return tape.parameter(2);
              });
}

TEST_CASE("weights of a product that are many come in tiles, with the adjoints of a gradient to the bit") {
  const std::size_t before = threads();
  for (const std::size_t count : std::vector<std::size_t>{1, 2, 8}) {
    set_threads(count);
    for (const auto& sizes : std::vector<std::array<std::size_t, 3>>{{1, 403, 331},
                                                                     {1, 20'003, 7},
                                                                     {1, 7, 20'003},
                                                                     {1, 131'072, 1},
                                                                     {1, 1, 131'075},
                                                                     {2, 403, 331},
                                                                     {33, 700, 517},
                                                                     {3, 131'072, 1},
                                                                     {0, 403, 331}}) {
      const std::size_t samples = sizes[0], inner = sizes[1], outputs = sizes[2];
      CAPTURE(count, samples, inner, outputs);
      auto weights = scattered(inner * outputs, 1);
      auto inputs = scattered(std::max<std::size_t>(samples, 1) * inner, 2);
      inputs[0] = -0.0, weights[1] = 0;
      check_sweep(
          [&](Tape<double>& tape) {
            parameters(tape, inputs, std::max<std::size_t>(samples, 1), inner);
            parameters(tape, weights, inner, outputs);
            parameters(tape, scattered(outputs, 3), 1, outputs);
          },
          [&](Tape<double>& tape) {
            const auto matrix = [&tape](std::size_t first, std::size_t rows, std::size_t columns) {
              std::vector<Var<double>> all;
              for (std::size_t i = 0; i < rows * columns; ++i) all.push_back(tape.parameter(first + i));
              return as_matrix(Inputs<Var<double>>(all), rows, columns);
            };
            const std::size_t rows = std::max<std::size_t>(samples, 1), at = rows * inner;
            const auto x = matrix(0, rows, inner);
            const auto y = affine(x, matrix(at, inner, outputs), matrix(at + inner * outputs, 1, outputs));
            return samples == 0 ? sum(y * std::numeric_limits<double>::infinity()) : sum(square(y));
          });
    }
  }
  set_threads(before);
}

TEST_CASE("many weights that lie by columns, or are used twice, have the adjoints of a gradient") {
  const auto weights = scattered(400 * 330, 1);
  const auto inputs = scattered(400, 2), others = scattered(330, 3);
  for (const int way : {0, 1, 2}) {
    CAPTURE(way);
    Tape<double> tape;
    const auto w = parameters(tape, weights, 400, 330);
    const Mark here = tape.mark();
    const auto x = VarMatrix<double>::constant(inputs, 1, 400), y = VarMatrix<double>::constant(others, 1, 330);
    const Var<double> result = way == 0   ? sum(square(product(y, w.transpose())))
                               : way == 1 ? sum(product(product(x, w), w.transpose()))
                                          : sum(square(product(x, w))) + sum(square(w));
    const auto expected = kept(tape.gradient(result).parameters());
    Keeper keeper(weights.size());
    Sweep<double> sweep;
    sweep.descend(tape, result, keeper);
    CHECK(same_bits(keeper.adjoints, expected));
    CHECK(keeper.order.size() == 1);
    tape.rewind(here);
  }
}

TEST_CASE("what cannot be swept is refused, and nobody is told") {
  Tape<double> tape, other;
  const auto x = tape.variable(2), foreign = other.variable(3);
  const auto y = x * x;
  Sweep<double> sweep;
  Keeper keeper(1);
  CHECK_THROWS_AS(sweep.descend(tape, foreign * 2, keeper), TapeError);
  CHECK_THROWS_AS(sweep.descend(tape, Var<double>(3), keeper), TapeError);
  Tape<double> empty;
  CHECK_THROWS_AS(sweep.descend(empty, y, keeper), TapeError);
  CHECK(keeper.order.empty());
  CHECK(tape.gradient(y)[x] == 4);  // nothing is stale
  sweep.descend(tape, y, keeper);
  CHECK(keeper.adjoints[0] == 4);
  CHECK_THROWS_AS(sweep.descend(tape, y, keeper), TapeError);
}

TEST_CASE("where a block throws, it is known how many were told of, and the next sweep is sound") {
  for (const bool late : {false, true}) {
    CAPTURE(late);
    bool broken = true;
    Tape<double> tape;
    static_cast<void>(tape.variable(2)), static_cast<void>(tape.variable(5));
    const Mark here = tape.mark();
    int calls = 0;
    const auto fragile = recompute([&](const Var<double>& a) {
      if (++calls == 2 && broken) throw std::runtime_error("it broke");
      return a * 3;
    });
    const auto record = [&] {
      const auto a = tape.parameter(0), b = tape.parameter(1);
      const auto first = fragile(a);
      return late ? recompute([](const Var<double>& c) { return c * 2; })(b) * first : first * a;
    };
    Sweep<double> sweep;
    Keeper keeper(2);
    CHECK_THROWS_AS(sweep.descend(tape, record(), keeper), std::runtime_error);
    CHECK(sweep.told() == (late ? 1 : 0));
    CHECK(keeper.times == (late ? std::vector{0, 1} : std::vector{0, 0}));
    tape.rewind(here);
    broken = false;
    const auto result = record();
    const auto expected = kept(tape.gradient(result).parameters());
    sweep.descend(tape, result, keeper);
    CHECK(same_bits(keeper.adjoints, expected));
  }
}
