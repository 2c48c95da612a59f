// The rates and times that a prediction needs (cost.hpp): each of one kind of work by itself, none of a network.

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/threads.hpp>

#include "machine.hpp"
#include "timing.hpp"

namespace ladder {
namespace {

using namespace downhill;

constexpr double enough = 0.04;  // seconds for each
constexpr int most_runs = 2000;

// A product of so many columns with others, row by row as tapes have them.
double operations_of(Eigen::Index narrow) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  constexpr Eigen::Index rows = 256, inner = 512;
  const Matrix a = Matrix::Random(rows, inner), b = Matrix::Random(inner, narrow);
  Matrix c = Matrix::Zero(rows, narrow);
  const double best = best_of(enough, most_runs, [&] { c.noalias() = a * b; });
  return 2.0 * rows * inner * static_cast<double>(narrow) / best;
}

// Bytes a second of an array of so many floats, a third of it at a time: read once, by one thread where the cache of a
// core holds them; and read, and written with what was made of it in tiles that stay in the cache, as a step of descent
// does.
struct Traffic {
  double read, moved;
};
Traffic traffic_of(std::vector<float>& numbers, std::size_t count) {
  using Array = Eigen::ArrayXf;
  constexpr std::size_t layers = 3, piece = std::size_t{1} << 16, worth_threads = std::size_t{1} << 20;
  constexpr Eigen::Index tile = 8192;
  const std::size_t layer = count / layers;
  Array sums = Array::Zero(static_cast<Eigen::Index>(count / piece + layers));
  const Array slopes = Array::Constant(tile, 1e-9F);
  std::vector<Array> made(threads(), Array::Zero(tile));
  const auto share = [&](std::size_t pieces, auto&& work) {
    const std::size_t length = layer / pieces;
    for (std::size_t first = 0; first < layers * layer; first += layer)
      in_parallel(pieces, team_for(pieces), [&](std::size_t i, std::size_t member) {
        work(sums[static_cast<Eigen::Index>(i)], made[member],
             Eigen::Map<Array>(numbers.data() + first + i * length, static_cast<Eigen::Index>(length)));
      });
  };
  const double read = best_of(enough, most_runs, [&] {
    share(layer < worth_threads ? 1 : layer / piece,
          [](float& sum, const Array&, const auto& x) { sum = x.square().sum(); });
  });
  const double moved = best_of(enough, most_runs, [&] {
    share(std::max<std::size_t>(layer / piece, 1), [&](float& sum, Array& part, auto x) {
      sum = x.square().sum();
      for (Eigen::Index begin = 0; begin < x.size(); begin += tile) {
        const Eigen::Index width = std::min(tile, x.size() - begin);
        part.head(width) = slopes.head(width) * slopes[0];
        x.segment(begin, width) -= part.head(width);
      }
    });
  });
  const auto bytes = static_cast<double>(layers * layer * sizeof(float));
  return {bytes / read, 2 * bytes / moved};
}

// On a tape with a row of so many parameters, the seconds of each of `count`.
template <class Work>
double seconds_on_tape(std::size_t elements, std::size_t count, Work&& work) {
  Tape<float> tape;
  const std::vector<float> points(elements, 0.5F);
  const auto x = parameters(tape, std::span<const float>(points), 1, elements);
  const Mark start = tape.mark();
  Gradient<float> gradient;
  return best_of(enough, most_runs,
                 [&] {
                   tape.gradient(work(tape, x), gradient);
                   tape.rewind(start);
                 }) /
         static_cast<double>(count);
}

}  // namespace

Peaks measure_peaks(double largest_product) {
  Peaks peaks;
  for (const Eigen::Index narrow : {4, 16, 64})
    peaks.operations.push_back({static_cast<double>(narrow), operations_of(narrow)});
  peaks.operations.push_back({1024, largest_product});
  constexpr std::size_t largest = std::size_t{1} << 27;  // 512 MB
  const double fit = available_memory().value_or(4e9) / 4 / sizeof(float);
  std::vector<float> numbers(fit > static_cast<double>(largest) ? largest : std::size_t{1} << 22, 1.0F);
  // Twice, apart: what else the machine does for a moment is then not taken for what it can.
  std::vector<std::size_t> counts;
  for (std::size_t count = std::size_t{1} << 15; count <= std::size_t{1} << 24 && count < numbers.size(); count *= 2)
    counts.push_back(count);
  counts.push_back(numbers.size());
  for (int round = 0; round < 2; ++round)
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const Traffic traffic = traffic_of(numbers, counts[i]);
      const auto bytes = static_cast<double>(counts[i] * sizeof(float));
      if (round == 0) peaks.read.push_back({bytes, 0}), peaks.moved.push_back({bytes, 0});
      peaks.read[i].per_second = std::max(peaks.read[i].per_second, traffic.read);
      peaks.moved[i].per_second = std::max(peaks.moved[i].per_second, traffic.moved);
    }
  // Values and slopes of tanh, of many elements; small blocks, and scalars, one behind the other.
  constexpr std::size_t elements = 4096, some = 256;
  using Row = VarMatrix<float>;
  peaks.seconds_of_a_function =
      seconds_on_tape(elements, 2 * elements, [](Tape<float>&, const Row& x) { return sum(tanh(x)); });
  peaks.seconds_of_a_block = seconds_on_tape(1, 2 * some, [](Tape<float>&, Row x) {
    for (std::size_t i = 0; i < some; ++i) x = square(x);
    return sum(x);
  });
  peaks.seconds_of_an_edge = seconds_on_tape(1, 2 * 2 * elements, [](Tape<float>& tape, const Row&) {
    const Var<float> w = tape.parameter(0);
    Var<float> x = w;
    for (std::size_t i = 0; i < elements; ++i) x = x * w;
    return x;
  });
  return peaks;
}

}  // namespace ladder
