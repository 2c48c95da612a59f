#pragma once
// The step of a first-order method: from a point and its gradient to the next point, in place.
//
// A method (methods.hpp) is a formula over arrays. The optimizer keeps its memory (momentum and the like), hands it the
// parameters in pieces that stay in the processor's nearest cache, and before that clips and decays the gradient: every
// number is read and written once, so a step runs as fast as memory does.

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/descent/schedule.hpp>
#include <autodiff/misuse.hpp>

namespace downhill {

/// Parameters [begin, end) whose learning rate is multiplied by `rate`, and whose weight decay by `decay`.
struct Group {
  std::size_t begin = 0, end = 0;
  double rate = 1, decay = 1;
};

/// What happens to a gradient before the method sees it, in this order: g <- g + weight_decay x (the gradient of
/// weight_decay |x|² / 2), each element clipped to [-clip_value, clip_value], the whole scaled down to the norm
/// clip_norm. Pascanu and others, "On the difficulty of training recurrent neural networks" (2013).
struct Conditioning {
  double weight_decay = 0;
  double clip_value = std::numeric_limits<double>::infinity();
  double clip_norm = std::numeric_limits<double>::infinity();
  std::vector<Group> groups = {};  ///< in order, without overlap; what is in none has the factors 1
};

/// A stretch of the parameters as a method updates it: arrays of whole vector registers, so that every parameter is
/// worked on by the same instructions, wherever it stands, and a step gives the same bits whatever the memory's layout.
template <class T, std::size_t Memory>
struct Stretch {
  using Number = T;
  using Array = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>, Eigen::Aligned64>;
  Array x, g;
  std::array<T*, Memory> memory_at;
  T rate;
  T decay;           ///< the group's factor
  std::size_t step;  ///< k, from 1

  Array memory(std::size_t i) const { return Array(memory_at[i], x.size()); }
};

namespace optimizer_detail {

void demand_sound(std::string_view method, const LearningRate& rate, const Conditioning& conditioning,
                  std::size_t parameters);
void demand_rate(std::string_view method, double rate, std::size_t step);

}  // namespace optimizer_detail

/// A method at work on n parameters.
template <class M, class T = double>
class Optimizer {
 public:
  /// Throws OptionError for an option outside its domain.
  Optimizer(M method, std::size_t parameters)
      : method_(std::move(method)), size_(parameters), memory_(M::memory * parameters) {
    method_.demand_sound();
    optimizer_detail::demand_sound(M::name, method_.learning_rate, method_.gradient, parameters);
  }

  /// Moves the point. Throws ShapeError for sizes other than n, OptionError where a schedule returns a rate that is
  /// negative or not finite.
  void step(std::span<T> point, std::span<const T> gradient) {
    if (point.size() != size_) misuse::different_sizes("Optimizer::step, point", size_, point.size());
    if (gradient.size() != size_) misuse::different_sizes("Optimizer::step, gradient", size_, gradient.size());
    const double rate = method_.learning_rate.at(steps_);
    optimizer_detail::demand_rate(M::name, rate, steps_);
    ++steps_;
    const T scale = norm_scale(point, gradient);
    std::size_t at = 0;
    for (const Group& group : method_.gradient.groups) {
      update(point, gradient, at, group.begin, static_cast<T>(rate), T(1), scale);
      update(point, gradient, group.begin, group.end, static_cast<T>(rate * group.rate), static_cast<T>(group.decay),
             scale);
      at = group.end;
    }
    update(point, gradient, at, size_, static_cast<T>(rate), T(1), scale);
  }

  /// The rate of the next step.
  double learning_rate() const { return method_.learning_rate.at(steps_); }
  std::size_t steps() const { return steps_; }
  const M& method() const { return method_; }
  /// What the method remembers, to save: M::memory arrays of n numbers, one behind the other.
  std::span<const T> memory() const { return memory_; }
  /// Goes on from what was saved. Throws ShapeError where the sizes differ.
  void restore(std::size_t steps, std::span<const T> memory) {
    if (memory.size() != memory_.size()) misuse::different_sizes("Optimizer::restore", memory_.size(), memory.size());
    std::ranges::copy(memory, memory_.begin());
    steps_ = steps;
  }

 private:
  static constexpr std::size_t piece =
      4096 / sizeof(T);  // of the parameters: with the rest of it, in the nearest cache
  static constexpr std::size_t register_of = 64 / sizeof(T);  // the numbers in the largest vector register
  using Array = typename Stretch<T, M::memory>::Array;
  struct alignas(64) Piece {
    std::array<T, piece> numbers;

    // Returns the size of an array that holds these in whole registers.
    Eigen::Index load(const T* from, std::size_t count) {
      const std::size_t whole = (count + register_of - 1) / register_of * register_of;
      std::copy_n(from, count, numbers.begin());
      std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(count),
                numbers.begin() + static_cast<std::ptrdiff_t>(whole), T(0));
      return static_cast<Eigen::Index>(whole);
    }
    void store(T* to, std::size_t count) const { std::copy_n(numbers.begin(), count, to); }
  };

  // Not inline: where g++ 12 sees how small the parameters are, it warns of vector code that they never reach.
  [[gnu::noinline]] void update(std::span<T> point, std::span<const T> gradient, std::size_t begin, std::size_t end,
                                T rate, T decay, T scale) {
    Piece x, g;
    std::array<Piece, M::memory> memory;
    for (std::size_t at = begin; at < end; at += piece) {
      const std::size_t count = std::min(piece, end - at);
      const Eigen::Index size = x.load(point.data() + at, count);
      g.load(gradient.data() + at, count);
      Stretch<T, M::memory> stretch{{x.numbers.data(), size}, {g.numbers.data(), size}, {}, rate, decay, steps_};
      for (std::size_t i = 0; i < M::memory; ++i) {
        memory[i].load(memory_.data() + i * size_ + at, count);
        stretch.memory_at[i] = memory[i].numbers.data();
      }
      condition(stretch.x, stretch.g, decay, scale);
      method_.update(stretch);
      x.store(point.data() + at, count);
      for (std::size_t i = 0; i < M::memory; ++i) memory[i].store(memory_.data() + i * size_ + at, count);
    }
  }

  void condition(const Array& x, Array& g, T decay, T scale) const {
    const Conditioning& c = method_.gradient;
    if (c.weight_decay != 0) g += static_cast<T>(c.weight_decay) * decay * x;
    if (c.clip_value < infinity) {
      const T most = static_cast<T>(c.clip_value);
      for (T& slope : g) slope = slope > most ? most : slope < -most ? -most : slope;  // NaN stays
    }
    if (c.clip_norm < infinity) g *= scale;
  }
  // clip_norm over the norm of the gradient, decayed and clipped as it will be; at most 1.
  T norm_scale(std::span<const T> point, std::span<const T> gradient) const {
    const double most = method_.gradient.clip_norm;
    if (!(most < infinity)) return 1;
    double squares = 0;
    std::size_t at = 0;
    for (const Group& group : method_.gradient.groups) {
      squares += squares_of(point, gradient, at, group.begin, 1);
      squares += squares_of(point, gradient, group.begin, group.end, static_cast<T>(group.decay));
      at = group.end;
    }
    squares += squares_of(point, gradient, at, size_, 1);
    const double norm = std::sqrt(squares);
    return norm > most ? static_cast<T>(most / norm) : T(1);
  }
  [[gnu::noinline]] double squares_of(std::span<const T> point, std::span<const T> gradient, std::size_t begin,
                                      std::size_t end, T decay) const {
    Piece x, g;
    double squares = 0;
    for (std::size_t at = begin; at < end; at += piece) {
      const std::size_t count = std::min(piece, end - at);
      const Eigen::Index size = x.load(point.data() + at, count);
      g.load(gradient.data() + at, count);
      Array slopes(g.numbers.data(), size);
      condition(Array(x.numbers.data(), size), slopes, decay, 1);
      squares += slopes.template cast<double>().square().sum();
    }
    return squares;
  }

  static constexpr double infinity = std::numeric_limits<double>::infinity();
  M method_;
  std::size_t size_, steps_ = 0;
  std::vector<T> memory_;
};

}  // namespace downhill
