#pragma once
/// \file
/// The step of a first-order method: from a point and its gradient to the next point, in place.
///
/// A method (methods.hpp) is a formula for one parameter. The optimizer keeps what it remembers (momentum and the
/// like), decays and clips the gradient, and applies the formula to all parameters in one loop, which compilers turn
/// into vector instructions: every number is read and written once, so a step runs as fast as memory does. Threads,
/// where they are set, share many parameters.
///
/// Where the gradient comes from a tape, the sweep and the step may be one: parameters move as soon as their adjoints
/// are final, and the gradient as a whole never exists (sweep.hpp).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/descent/schedule.hpp>
#include <autodiff/sweep.hpp>
#include <autodiff/tape/misuse.hpp>
#include <autodiff/threads.hpp>

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
  /// Of all parameters together. The clipped gradient has just this norm: clip_norm / |g| times g, where PyTorch's
  /// clip_grad_norm_ divides by |g| + 1e-6.
  double clip_norm = std::numeric_limits<double>::infinity();
  std::vector<Group> groups = {};  ///< in order, without overlap; parameters in none of them have the factors 1
};

/// What a method is told of a step.
template <class T>
struct StepOf {
  T rate;         ///< eta, of the group
  T decay;        ///< the group's factor
  std::size_t k;  ///< from 1
};

namespace optimizer_detail {

void demand_sound(std::string_view method, const LearningRate& rate, const Conditioning& conditioning,
                  std::size_t parameters);
void demand_rate(std::string_view method, double rate, std::size_t step);
[[noreturn]] void refuse_norm(std::string_view method);
// In a handler: what was thrown when some of the parameters had moved, in words.
[[noreturn]] void throw_half_way(std::string_view method, std::size_t moved, std::size_t parameters);

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
    const T scale = norm_scale(point.data(), gradient.data());
    for_each_group([&](std::size_t begin, std::size_t end, double of_rate, double decay) {
      update({begin, 1, end - begin, 0, 0}, point.data() + begin, gradient.data() + begin,
             StepOf<T>{static_cast<T>(rate * of_rate), static_cast<T>(decay), steps_}, scale);
    });
  }
  /// Sweeps from a result on a tape and moves the tape's parameters down its gradient, each as soon as its adjoint is
  /// final: the same bits as `step(tape.update_parameters(), tape.gradient(result).parameters())`, without a gradient
  /// in memory. All Vars made before are stale afterwards; rewind the tape. `sweep` keeps its memory from step to step.
  ///
  /// Throws OptionError where clip_norm is set, as that needs the whole gradient before anything moves, and for a
  /// schedule's rate as above; ShapeError where the tape has not n parameters; TapeError if the result is passive,
  /// stale or on another tape. Nothing has moved then. What an operation throws in the sweep passes through if nothing
  /// has moved yet; otherwise it is nested in a TapeError that says how many parameters have, and the step counts.
  void step(Tape<T>& tape, const Var<T>& result, Sweep<T>& sweep) {
    if (method_.gradient.clip_norm < infinity) optimizer_detail::refuse_norm(M::name);
    const std::size_t parameters = tape.parameters().size();
    if (parameters != size_) misuse::different_sizes("Optimizer::step, parameters", size_, parameters);
    const double rate = method_.learning_rate.at(steps_);
    optimizer_detail::demand_rate(M::name, rate, steps_);
    Descent descent(*this, rate);
    try {
      sweep.descend(tape, result, descent);
    } catch (...) {
      if (sweep.told() == 0) throw;
      ++steps_;
      optimizer_detail::throw_half_way(M::name, sweep.told(), size_);
    }
    ++steps_;
  }

  /// The rate of the next step.
  double learning_rate() const { return method_.learning_rate.at(steps_); }
  std::size_t steps() const { return steps_; }
  const M& method() const { return method_; }
  /// What the method remembers, to save: M::memory arrays of n numbers, one behind the other.
  std::vector<T> memory() && { return std::move(memory_); }
  std::span<const T> memory() const& { return memory_; }
  /// Goes on from what was saved. Throws ShapeError where the sizes differ.
  void restore(std::size_t steps, std::span<const T> memory) {
    if (memory.size() != memory_.size()) misuse::different_sizes("Optimizer::restore", memory_.size(), memory.size());
    std::ranges::copy(memory, memory_.begin());
    steps_ = steps;
  }

 private:
  // Moves the parameters that a sweep is done with.
  class Descent final : public ParameterSink<T> {
   public:
    Descent(Optimizer& optimizer, double rate) : optimizer_(optimizer), rate_(rate) {}
    void take(const ParameterTile& tile, T* parameters, const T* adjoints) noexcept override {
      const auto now = [&](double of_rate, double decay) {
        return StepOf<T>{static_cast<T>(rate_ * of_rate), static_cast<T>(decay), optimizer_.steps_ + 1};
      };
      if (optimizer_.method_.gradient.groups.empty())
        return optimizer_.update(tile, parameters, adjoints, now(1, 1), 1);
      for (std::size_t row = 0; row < tile.rows; ++row) {
        const std::size_t first = tile.first + row * tile.stride;
        optimizer_.for_each_group(
            first, first + tile.columns, [&](std::size_t begin, std::size_t end, double of_rate, double decay) {
              optimizer_.update({begin, 1, end - begin, 0, 0}, parameters + (begin - tile.first),
                                adjoints + row * tile.adjoint_stride + (begin - first), now(of_rate, decay), 1);
            });
      }
    }

   private:
    Optimizer& optimizer_;
    double rate_;
  };

  bool is_conditioned() const {
    const Conditioning& c = method_.gradient;
    return c.weight_decay != 0 || c.clip_value < infinity || c.clip_norm < infinity;
  }
  // A parameter's gradient as the method sees it.
  auto conditioned(T decay, T scale) const {
    const Conditioning& c = method_.gradient;
    return [decay = static_cast<T>(c.weight_decay) * decay, most = static_cast<T>(c.clip_value), scale](T x, T g) {
      const T decayed = g + decay * x;
      return scale * (decayed > most ? most : decayed < -most ? -most : decayed);  // NaN stays
    };
  }

  // Not inline: for the methods of this library it is in methods.cpp, compiled for speed.
  [[gnu::noinline]] void update(const ParameterTile& tile, T* x, const T* g, const StepOf<T>& now, T scale) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      const auto step = method_.update(now);
      const auto rows = [&](const auto& formula) {
        for (std::size_t row = 0; row < tile.rows; ++row) {
          const std::size_t at = row * tile.stride;
          each(tile.columns, formula, x + at, g + row * tile.adjoint_stride,
               memory_.data() + i * size_ + tile.first + at...);
        }
      };
      if (is_conditioned()) {
        const auto slope = conditioned(now.decay, scale);
        rows([=](T& at, T steep, auto&... memory) { step(at, slope(at, steep), memory...); });
      } else {
        rows(step);
      }
    }(std::make_index_sequence<M::memory>());
  }
  template <class Step, class... Memory>
  static void each(std::size_t count, const Step& step, T* __restrict x, const T* __restrict g,
                   Memory* __restrict... memory) {
    in_stretches(count, 4, [=](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) step(x[i], g[i], memory[i]...);
    });
  }

  // clip_norm over the norm of the gradient, decayed and clipped as it will be; at most 1.
  [[gnu::noinline]] T norm_scale(const T* x, const T* g) const {
    const double most = method_.gradient.clip_norm;
    if (!(most < infinity)) return 1;
    const double norm = norm_of(x, g, [](double slope) { return slope; });
    if (norm >= 1e-140 && norm <= std::numeric_limits<double>::max()) [[likely]]
      return norm > most ? static_cast<T>(most / norm) : T(1);
    // Squares that overflowed or underflowed: once more, in units of the largest.
    double largest = 0;
    for_each_group([&](std::size_t begin, std::size_t end, double, double decay) {
      const auto slope = conditioned(static_cast<T>(decay), 1);
      for (; begin < end; ++begin)
        largest = std::max(largest, std::abs(static_cast<double>(slope(x[begin], g[begin]))));
    });
    if (largest == 0 || !(largest <= std::numeric_limits<double>::max()) || norm != norm)
      return norm > most ? static_cast<T>(most / norm) : T(1);
    const double scale = most / largest / norm_of(x, g, [largest](double slope) { return slope / largest; });
    return scale < 1 ? static_cast<T>(scale) : T(1);
  }
  // The norm of the gradient, each slope in a unit.
  template <class InUnits>
  double norm_of(const T* x, const T* g, const InUnits& in_units) const {
    std::array<double, 16> squares{};  // of every 16th element: sums that need not wait for each other
    for_each_group([&](std::size_t begin, std::size_t end, double, double decay) {
      const auto slope = conditioned(static_cast<T>(decay), 1);
      const auto add = [&](std::size_t i, std::size_t lane) {
        const double steep = in_units(static_cast<double>(slope(x[i], g[i])));
        squares[lane] += steep * steep;
      };
      for (; end - begin >= squares.size(); begin += squares.size())
        for (std::size_t lane = 0; lane < squares.size(); ++lane) add(begin + lane, lane);
      for (std::size_t lane = 0; begin + lane < end; ++lane) add(begin + lane, lane);
    });
    return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
  }

  // visit(begin, end, rate, decay) of the groups, and of what lies between them.
  template <class Visit>
  void for_each_group(Visit&& visit) const {
    for_each_group(0, size_, visit);
  }
  // The same within [at, last).
  template <class Visit>
  void for_each_group(std::size_t at, std::size_t last, Visit&& visit) const {
    const std::vector<Group>& groups = method_.gradient.groups;
    auto group = std::ranges::partition_point(groups, [at](const Group& one) { return one.end <= at; });
    for (; group != groups.end() && group->begin < last; ++group) {
      if (at < group->begin) visit(at, group->begin, 1.0, 1.0);
      const std::size_t begin = std::max(at, group->begin), end = std::min(last, group->end);
      if (begin < end) visit(begin, end, group->rate, group->decay);
      at = std::max(at, end);
    }
    if (at < last) visit(at, last, 1.0, 1.0);
  }

  static constexpr double infinity = std::numeric_limits<double>::infinity();
  M method_;
  std::size_t size_, steps_ = 0;
  std::vector<T> memory_;
};

}  // namespace downhill
