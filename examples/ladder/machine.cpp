#include "machine.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <memory>

#include <autodiff/threads.hpp>

#include "timing.hpp"

namespace ladder {
namespace {

// Each is measured for so many seconds, by so many runs at the most.
constexpr double enough = 0.5;
constexpr int most_runs = 50;

// A share of columns of a product for each thread.
double operations_a_second() {
  constexpr Eigen::Index size = 1024, width = 128;
  Eigen::MatrixXf a = Eigen::MatrixXf::Random(size, size), b = Eigen::MatrixXf::Random(size, size), c(size, size);
  constexpr auto pieces = static_cast<std::size_t>(size / width);
  const double best = best_of(enough, most_runs, [&] {
    downhill::in_parallel(pieces, downhill::team_for(pieces), [&](std::size_t i, std::size_t) {
      const Eigen::Index begin = static_cast<Eigen::Index>(i) * width;
      c.middleCols(begin, width).noalias() = a * b.middleCols(begin, width);
    });
  });
  return 2.0 * size * size * size / best;
}

// Larger than any cache: three arrays of 256 MB, or of less where there is not so much.
double bytes_a_second() {
  constexpr std::size_t piece = std::size_t{1} << 20, most = std::size_t{1} << 26;
  const auto fit = static_cast<std::size_t>(available_memory().value_or(4e9) / 4 / (3 * sizeof(float)));
  const std::size_t count = std::clamp(fit, piece, most) / piece * piece, pieces = count / piece;
  // Not set to anything here: the thread that first writes a page has it near.
  const std::unique_ptr<float[]> a(new float[count]), b(new float[count]), c(new float[count]);
  const auto share = [&](auto&& work) {
    downhill::in_parallel(pieces, downhill::team_for(pieces), [&](std::size_t i, std::size_t) {
      for (std::size_t k = i * piece; k < (i + 1) * piece; ++k) work(k);
    });
  };
  float *const to = a.get(), *const from = b.get(), *const scaled = c.get();
  share([=](std::size_t k) { to[k] = 0, from[k] = 1, scaled[k] = 2; });
  const double best =
      best_of(enough, most_runs, [&] { share([=](std::size_t k) { to[k] = from[k] + 3 * scaled[k]; }); });
  return 3.0 * sizeof(float) * static_cast<double>(count) / best;
}

}  // namespace

Machine measure_machine(const std::function<void(const char*)>& told) {
  told("the machine's peak, by a product of matrices");
  const double operations = operations_a_second();
  told("the machine's bandwidth, by the triad of STREAM");
  const double bytes = bytes_a_second();
  told("what the machine can do in its caches");
  return {operations, bytes, measure_peaks(operations)};
}

}  // namespace ladder
