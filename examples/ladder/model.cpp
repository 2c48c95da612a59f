#include "model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <autodiff/threads.hpp>
#include <models/models.hpp>

namespace ladder {
namespace {

using namespace downhill;

// A number in [-1, 1) that depends on where it stands alone, so that threads may share the work.
float scattered(std::uint64_t place) {
  std::uint64_t bits = (place + 1) * 0x9e3779b97f4a7c15U;
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
  return static_cast<float>(static_cast<std::int32_t>(bits >> 32U)) * 0x1p-31F;
}

std::size_t parameters_of(const std::vector<std::size_t>& sizes) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i) count += (sizes[i - 1] + 1) * sizes[i];
  return count;
}

Rung network(std::vector<std::size_t> sizes, std::size_t samples, std::string data, double learning_rate) {
  Rung rung;
  rung.parameters = parameters_of(sizes);
  rung.name = fmt::format("{}", fmt::join(sizes, "-"));
  rung.sizes = std::move(sizes);
  rung.samples = samples;
  rung.data = std::move(data);
  rung.learning_rate = learning_rate;
  return rung;
}

// Three square layers of weights between 16 inputs and one output, as wide as makes about so many.
Rung deep(double parameters) {
  const auto width = static_cast<std::size_t>(std::lround((std::sqrt(400 + 12 * parameters) - 20) / 6));
  return network({16, width, width, width, width, 1}, 1, "an answer of a teacher", 0.05 / static_cast<double>(width));
}

// The image with rows and columns of 8 pixels, with 28 of each: what lies between two pixels is between their values.
void enlarge(std::span<const float> small, std::span<float> large) {
  constexpr std::size_t from = 8, to = 28;
  const auto at = [](std::size_t i) {
    const float place = std::clamp((static_cast<float>(i) + 0.5F) * from / to - 0.5F, 0.0F, from - 1.0F);
    const auto before = std::min(static_cast<std::size_t>(place), from - 2);
    return std::pair(before, place - static_cast<float>(before));
  };
  for (std::size_t i = 0; i < to; ++i)
    for (std::size_t j = 0; j < to; ++j) {
      const auto [row, down] = at(i);
      const auto [column, right] = at(j);
      const float* const p = small.data() + row * from + column;
      large[i * to + j] =
          (1 - down) * ((1 - right) * p[0] + right * p[1]) + down * ((1 - right) * p[from] + right * p[from + 1]);
    }
}

}  // namespace

double Rung::bytes_needed() const {
  double widest = 0;
  for (const std::size_t size : sizes) widest += static_cast<double>(size);
  constexpr double beside = 64e6;  // the program, its tables and its tiles
  return sizeof(float) * (static_cast<double>(parameters) + 8 * widest * static_cast<double>(samples)) + beside;
}

std::vector<Rung> rungs(double up_to) {
  std::vector<Rung> all;
  all.push_back({"line", {}, 2, 1000, "1,000 points near a line", 0.5});
  all.push_back(network({2, 2, 1}, 4, "the 4 cases of exclusive or", 0.5));
  all.push_back(network({2, 16, 16, 1}, 256, "256 answers of a teacher", 0.05));
  const bool has_digits = std::filesystem::exists(digits_file());
  all.push_back(
      network({784, 16, 16, 10}, 256,
              has_digits ? "256 digits, enlarged to 28 x 28" : "256 answers of a teacher, as there are no digits",
              has_digits ? 0.2 : 0.01));
  for (const double parameters : {1e5, 1e6, 1e7, 1e8, 1e9, 2.1e9}) all.push_back(deep(parameters));
  // About so many: a rung that is called 10^5 counts as such, though it has 100,213 parameters.
  std::erase_if(all, [&](const Rung& rung) {
    return rung.parameters > 2 && static_cast<double>(rung.parameters) > 1.02 * up_to;
  });
  return all;
}

Model::Model(const Rung& rung, const std::function<void(double)>& made) : samples_(rung.samples) {
  if (rung.sizes.empty()) {
    static_cast<void>(tape_.variable(0, "slope")), static_cast<void>(tape_.variable(0, "shift"));
    for (std::size_t i = 0; i < samples_; ++i) {
      x_.push_back(scattered(i));
      y_.push_back(2 * x_[i] - 1 + 0.1F * scattered(i + samples_));
    }
    return;
  }
  make_layers(rung, made);
  make_samples(rung);
}

void Model::make_layers(const Rung& rung, const std::function<void(double)>& made) {
  constexpr std::size_t at_once = std::size_t{1} << 20;
  tape_.reserve_parameters(rung.parameters);
  std::size_t before = 0;
  for (std::size_t i = 1; i < rung.sizes.size(); ++i) {
    const std::size_t inputs = rung.sizes[i - 1], outputs = rung.sizes[i];
    const float bound = std::sqrt(3.0F / static_cast<float>(inputs));
    layers_.push_back(parameters(tape_, inputs, outputs, [&](std::span<float> weights) {
      const std::size_t pieces = weights.size() / at_once + 1;
      const std::size_t group = 64 * team_for(pieces);
      for (std::size_t first = 0; first < pieces; first += group) {
        const std::size_t count = std::min(group, pieces - first);
        in_parallel(count, team_for(count), [&](std::size_t piece, std::size_t) {
          const std::size_t begin = (first + piece) * at_once, end = std::min(weights.size(), begin + at_once);
          for (std::size_t k = begin; k < end; ++k) weights[k] = bound * scattered(before + k);
        });
        made(static_cast<double>(before + std::min(weights.size(), (first + count) * at_once)) /
             static_cast<double>(rung.parameters));
      }
    }));
    layers_.push_back(parameters(tape_, 1, outputs, [](std::span<float>) {}));
    before += inputs * outputs + outputs;
  }
}

void Model::make_samples(const Rung& rung) {
  inputs_ = rung.sizes.front(), outputs_ = rung.sizes.back();
  if (rung.sizes.front() == 784 && std::filesystem::exists(digits_file())) return take_digits(rung.samples);
  if (rung.parameters == 9) {
    x_ = {-1, -1, -1, 1, 1, -1, 1, 1};
    y_ = {-1, 1, 1, -1};
    return;
  }
  for (std::size_t i = 0; i < samples_ * inputs_; ++i) x_.push_back(scattered(i + 7'000'000));
  // The teacher: each of its answers is a wave of a mixture of the inputs.
  for (std::size_t i = 0; i < samples_; ++i)
    for (std::size_t j = 0; j < outputs_; ++j) {
      float mixture = 0.5F;
      for (std::size_t k = 0; k < inputs_; ++k)
        mixture +=
            x_[i * inputs_ + k] * scattered(k * outputs_ + j + 9'000'000) / std::sqrt(static_cast<float>(inputs_));
      y_.push_back(1 + std::sin(3 * mixture) / 2);
    }
}

void Model::take_digits(std::size_t count) {
  const auto digits = classes_of<float>(read_csv(digits_file()));
  x_.resize(count * inputs_);
  std::vector<float> small(64);
  for (std::size_t i = 0; i < count; ++i) {
    std::ranges::transform(digits.input(i), small.begin(), [](float pixel) { return pixel / 16; });
    enlarge(small, std::span(x_).subspan(i * inputs_, inputs_));
    labels_.push_back(digits.labels[i]);
  }
}

Var<float> Model::loss() {
  if (layers_.empty()) {
    const Var<float> slope = tape_.parameter(0), shift = tape_.parameter(1);
    Var<float> sum(0.0F);
    for (std::size_t i = 0; i < samples_; ++i) sum += square(slope * x_[i] + shift - y_[i]);
    return sum / static_cast<float>(samples_);
  }
  auto values = VarMatrix<float>::constant(x_, samples_, inputs_);
  for (std::size_t i = 0; i + 2 < layers_.size(); i += 2) values = tanh(affine(values, layers_[i], layers_[i + 1]));
  const auto answers = affine(values, layers_[layers_.size() - 2], layers_.back());
  if (!labels_.empty()) return softmax_cross_entropy(answers, labels_);
  return mean(square(answers - VarMatrix<float>::constant(y_, samples_, outputs_)));
}

std::filesystem::path digits_file() { return std::filesystem::path(DOWNHILL_EXAMPLE_DATA) / "digits.csv.gz"; }

}  // namespace ladder
