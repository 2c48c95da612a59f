#pragma once
/// \file
/// A program over a block of samples: their numbers go to the lanes, the variant runs forward and back, and what is
/// wanted is taken from the lanes. Chunks are made of blocks in run.cpp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include <autodiff/program/run.hpp>
#include <autodiff/simd/rule_kernels.hpp>

namespace downhill::program_detail {

inline constexpr std::size_t cache_line = 64;

template <class T>
std::size_t padded(std::size_t lanes) {
  const std::size_t width = simd::whole<T>;
  return (lanes + width - 1) / width * width;
}
// Slots that are a power of two apart would all fall into a few sets of the cache.
template <class T>
std::size_t stride_of(const Plan<T>& plan) {
  return padded<T>(plan.lanes) + cache_line / sizeof(T);
}

/// Memory that begins with a cache line.
template <class T>
class Aligned {
 public:
  T* data() { return data_.get(); }
  void resize(std::size_t size) {
    if (size <= size_) return;
    const std::size_t bytes = (size * sizeof(T) + cache_line - 1) / cache_line * cache_line;
    data_.reset(static_cast<T*>(std::aligned_alloc(cache_line, bytes)));
    if (!data_) throw std::bad_alloc();
    size_ = size;
  }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

/// What a thread works in.
template <class T>
struct Work {
  Aligned<T> frame, sums, rows, slopes;
  std::vector<char> fits;

  void make_room(const Plan<T>& plan, std::size_t per_sample, std::size_t gradient_numbers) {
    frame.resize((plan.values + plan.most_adjoints()) * stride_of(plan));
    slopes.resize(plan.lanes * gradient_numbers);
    sums.resize(plan.uniforms * simd::whole<T>);
    if (plan.reads_rows) rows.resize(plan.lanes * per_sample);
    fits.resize(std::max(fits.size(), padded<T>(plan.lanes)));
  }
};

/// What some samples added up.
struct Totals {
  double value = 0;
  std::vector<double> uniforms;  // what reached each of them

  void reset(std::size_t count) {
    value = 0;
    uniforms.assign(count, 0.0);
  }
  void add(const Totals& other) {
    value += other.value;
    for (std::size_t i = 0; i < uniforms.size(); ++i) uniforms[i] += other.uniforms[i];
  }
};

/// A variant and what it has for all samples.
template <class T>
struct Prepared {
  Variant<T>* variant = nullptr;
  const Plan<T>* plan = nullptr;
  bool fits = true;  // as far as parameters tell
  std::vector<T> uniforms, adjoints;
  Totals total;
};

/// A run over samples: where they are, and what is wanted of them.
template <class T>
struct Task {
  const Columns<T>* columns = nullptr;
  Wanted<T> wanted = {};
  std::size_t per_sample = 0, results = 1;

  bool wants_only_sums() const {
    return wanted.weights == nullptr && wanted.values == nullptr && wanted.sample_gradients == nullptr;
  }
  bool wants_gradient() const { return !wanted.gradient.empty() || wanted.sample_gradients != nullptr; }
  Nesting nesting() const { return wants_gradient() ? Nesting::on_tape : Nesting::in_forward_mode; }
  bool wants_each() const { return wanted.sample_gradients != nullptr && !wanted.weighs_samples; }
  std::size_t gradient_numbers() const {
    if (wanted.sample_gradients == nullptr) return 0;
    return wanted.gradient_numbers == 0 ? per_sample : wanted.gradient_numbers;
  }
  Differentiated along() const { return {.parameters = !wants_each(), .sample_numbers = gradient_numbers()}; }
  /// Rows of sample_gradients for each sample.
  std::size_t gradients() const { return wants_each() ? results : 1; }
  double weight_of(std::size_t sample, std::size_t result) const {
    return wanted.weights == nullptr ? 1.0 : static_cast<double>(wanted.weights[sample * results + result]);
  }
};

/// Runs a variant over samples, block after block.
template <class T>
class Blocks {
 public:
  Blocks(const Task<T>& task, Work<T>& work, const Prepared<T>& prepared)
      : task_(task), work_(work), prepared_(prepared) {}

  /// Adds up what the samples have. Those that the variant is not for are appended to `waiting`. False where a sum is
  /// NaN, and must be done again with care to be sure.
  bool run(const Selection& selection, std::size_t first, std::size_t count, Totals& totals,
           std::vector<std::size_t>& waiting, bool with_care) {
    const Plan<T>& plan = *prepared_.plan;
    const LaneFunctions<T>& functions = lane_functions<T>();
    totals.reset(plan.uniforms);
    LaneRun<T> run{.plan = &plan,
                   .frame = {.values = work_.frame.data(), .stride = stride_of(plan), .nesting = task_.nesting()},
                   .uniforms = prepared_.uniforms.data(),
                   .sums = work_.sums.data()};
    run.frame.adjoints = run.frame.values + plan.values * run.frame.stride;
    std::fill_n(run.sums, plan.uniforms * simd::whole<T>, T(0));
    for (const auto& spread : plan.spreads) {
      std::fill_n(run.frame.value(spread.value), padded<T>(plan.lanes), prepared_.uniforms[spread.from]);
      if (spread.adjoint != no_slot) std::fill_n(run.frame.adjoint(spread.adjoint), padded<T>(plan.lanes), T(0));
    }
    bool is_sure = true;
    for (std::size_t begin = 0; begin < count; begin += plan.lanes) {
      const std::size_t samples = std::min(plan.lanes, count - begin);
      run.frame.lanes = padded<T>(samples);
      load(run, selection, first + begin, samples);
      if (plan.tail > 0 && task_.wants_only_sums()) {
        run.tail = plan.tail;
        run.is_careful = with_care;
        functions.forward(run);
        totals.value += functions.tail(run, samples, !task_.wanted.gradient.empty());
        if (task_.wanted.gradient.empty()) continue;
        clear_adjoints(run);
        functions.reverse(run);
        continue;
      }
      functions.forward(run);
      const bool all_fit = ask_guards(run, selection, first + begin, samples, waiting);
      totals.value += take_values(run, selection, first + begin, samples, all_fit);
      if (!task_.wants_gradient()) continue;
      run.is_careful = with_care || !all_fit;
      for (std::size_t k = 0; k < task_.gradients(); ++k) {
        if (task_.wants_each()) run.plan = &plan.sweep(k);
        seed(run, selection, first + begin, samples, all_fit);
        clear_adjoints(run);
        functions.reverse(run);
        is_sure = take_sample_gradients(run, k, selection, first + begin, samples, all_fit) && is_sure;
      }
      run.plan = &plan;
      for (std::size_t k = 0; k < task_.results && !task_.wants_each(); ++k)
        if (plan.results[k].is_uniform)
          totals.uniforms[plan.results[k].value] += seed_sum(k, selection, first + begin, samples, all_fit);
    }
    if (task_.wants_each()) return with_care || is_sure;
    for (std::size_t u = 0; u < plan.uniforms; ++u)
      if (plan.moves[u])
        for (std::size_t i = 0; i < simd::whole<T>; ++i)
          totals.uniforms[u] += static_cast<double>(run.sums[u * simd::whole<T> + i]);
    for (const auto& spread : plan.spreads)
      if (spread.adjoint != no_slot)
        for (std::size_t lane = 0; lane < padded<T>(plan.lanes); ++lane)
          totals.uniforms[spread.from] += static_cast<double>(run.frame.adjoint(spread.adjoint)[lane]);
    if (with_care || !task_.wants_gradient()) return true;
    for (std::size_t u = 0; u < plan.uniforms; ++u)
      if (plan.moves[u] && std::isnan(totals.uniforms[u])) return false;
    return is_sure;
  }

 private:
  // The adjoints to which something is added before it is set.
  static void clear_adjoints(const LaneRun<T>& run) {
    for (const std::uint32_t slot : run.plan->zeros) std::fill_n(run.frame.adjoint(slot), run.frame.lanes, T(0));
  }
  // The numbers of the samples go to their lanes; what is left of a pack gets the last sample again.
  void load(LaneRun<T>& run, const Selection& selection, std::size_t first, std::size_t samples) const {
    const bool is_row_major = task_.columns->is_row_major && selection.indices == nullptr;
    const std::size_t per_sample = task_.columns->columns.size(), same = task_.columns->same_for_all;
    if (is_row_major) {
      run.rows = {task_.columns->columns[same].numbers + first * (per_sample - same), per_sample - same, samples, same};
      lane_functions<T>().load(run, run.rows);
    } else if (run.plan->reads_rows) {
      for (std::size_t lane = 0; lane < samples; ++lane)
        for (std::size_t j = 0; j < per_sample; ++j)
          work_.rows.data()[lane * per_sample + j] = task_.columns->columns[j].at(selection[first + lane]);
      run.rows = {work_.rows.data(), per_sample, samples};
    }
    for (const auto& [slot, index] : run.plan->sample) {
      T* const to = run.frame.value(slot);
      if (!is_row_major || index < same) {
        const auto& column = task_.columns->columns[index];
        if (column.step == 0)
          std::fill_n(to, samples, *column.numbers);
        else if (column.step == 1 && column.labels == nullptr && selection.indices == nullptr)
          std::copy_n(column.numbers + first, samples, to);
        else
          for (std::size_t lane = 0; lane < samples; ++lane) to[lane] = column.at(selection[first + lane]);
      }
      for (std::size_t lane = samples; lane < run.frame.lanes; ++lane) to[lane] = to[samples - 1];
    }
  }
  bool ask_guards(const LaneRun<T>& run, const Selection& selection, std::size_t first, std::size_t samples,
                  std::vector<std::size_t>& waiting) const {
    if (run.plan->guards.empty()) return true;
    std::fill_n(work_.fits.begin(), samples, char{1});
    char all_fit = 1;
    for (const LaneGuard& guard : run.plan->guards) {
      const T *const a = run.frame.value(guard.a), *const b = run.frame.value(guard.b);
      const char outcome = guard.outcome ? 1 : 0;
      const auto ask = [&](auto&& compare) {
        for (std::size_t lane = 0; lane < samples; ++lane) {
          const char fits = static_cast<char>((compare(a[lane], b[lane]) ? 1 : 0) == outcome);
          work_.fits[lane] = static_cast<char>(work_.fits[lane] & fits);
        }
      };
      switch (guard.comparison) {
        case Comparison::less: ask([](T x, T y) { return x < y; }); break;
        case Comparison::less_equal: ask([](T x, T y) { return x <= y; }); break;
        default: ask([](T x, T y) { return x == y; });
      }
    }
    for (std::size_t lane = 0; lane < samples; ++lane) {
      all_fit = static_cast<char>(all_fit & work_.fits[lane]);
      if (work_.fits[lane] == 0) waiting.push_back(selection[first + lane]);
    }
    return all_fit != 0;
  }
  bool fits(bool all_fit, std::size_t lane) const { return all_fit || work_.fits[lane] != 0; }
  double take_values(const LaneRun<T>& run, const Selection& selection, std::size_t first, std::size_t samples,
                     bool all_fit) const {
    double sum = 0;
    for (std::size_t k = 0; k < task_.results; ++k) sum += take_values(run, k, selection, first, samples, all_fit);
    return sum;
  }
  double take_values(const LaneRun<T>& run, std::size_t k, const Selection& selection, std::size_t first,
                     std::size_t samples, bool all_fit) const {
    const auto& result = run.plan->results[k];
    const T* const values = result.is_uniform ? &run.uniforms[result.value] : run.frame.value(result.value);
    const std::size_t step = result.is_uniform ? 0 : 1, results = task_.results;
    if (T* const to = task_.wanted.values; to != nullptr)
      for (std::size_t lane = 0; lane < samples; ++lane)
        if (fits(all_fit, lane)) to[selection[first + lane] * results + k] = values[lane * step];
    if (all_fit && task_.wanted.weights == nullptr && step == 1) return lane_functions<T>().sum(values, samples);
    double sum = 0;
    for (std::size_t lane = 0; lane < samples; ++lane)
      if (fits(all_fit, lane))
        sum += task_.weight_of(selection[first + lane], k) * static_cast<double>(values[lane * step]);
    return sum;
  }
  double seed_sum(std::size_t k, const Selection& selection, std::size_t first, std::size_t samples,
                  bool all_fit) const {
    double sum = 0;
    for (std::size_t lane = 0; lane < samples; ++lane)
      if (fits(all_fit, lane)) sum += task_.weight_of(selection[first + lane], k);
    return sum;
  }
  // The adjoints of the results: the weight of each sample that is there and that the variant is for.
  void seed(const LaneRun<T>& run, const Selection& selection, std::size_t first, std::size_t samples,
            bool all_fit) const {
    const auto& results = run.plan->results;
    for (std::size_t k = 0; k < results.size(); ++k) {
      if (results[k].adjoint == no_slot) continue;
      std::size_t before = 0;  // is it the same value as a result before it?
      while (results[before].adjoint != results[k].adjoint) ++before;
      seed(run, k, before < k, selection, first, samples, all_fit);
    }
  }
  void seed(const LaneRun<T>& run, std::size_t k, bool adds, const Selection& selection, std::size_t first,
            std::size_t samples, bool all_fit) const {
    T* const to = run.frame.adjoint(run.plan->results[k].adjoint);
    const bool has_weights = task_.wanted.weights != nullptr && !task_.wants_each();
    if (all_fit && !has_weights && !adds) std::fill_n(to, samples, T(1));
    for (std::size_t lane = 0; lane < samples && (has_weights || !all_fit || adds); ++lane) {
      const T weight = !fits(all_fit, lane) ? T(0)
                       : has_weights        ? task_.wanted.weights[selection[first + lane] * task_.results + k]
                                            : T(1);
      to[lane] = adds ? to[lane] + weight : weight;
    }
    for (std::size_t lane = samples; lane < run.frame.lanes; ++lane) to[lane] = T(0);
  }
  // The k-th of the gradients of each sample. Where samples are missing, rows are made first, and then go each to its
  // place.
  bool take_sample_gradients(const LaneRun<T>& run, std::size_t k, const Selection& selection, std::size_t first,
                             std::size_t samples, bool all_fit) const {
    T* const to = task_.wanted.sample_gradients;
    if (to == nullptr) return true;
    const std::size_t numbers = task_.gradient_numbers(), apart = task_.gradients() * numbers;
    if (all_fit && selection.indices == nullptr)
      return lane_functions<T>().store(run, {to + first * apart + k * numbers, numbers, samples, apart});
    T* const rows = work_.slopes.data();
    const bool is_sure = lane_functions<T>().store(run, {rows, numbers, samples, numbers});
    for (std::size_t lane = 0; lane < samples; ++lane)
      if (fits(all_fit, lane))
        std::copy_n(rows + lane * numbers, numbers, to + selection[first + lane] * apart + k * numbers);
    return is_sure;
  }

  const Task<T>& task_;
  Work<T>& work_;
  const Prepared<T>& prepared_;
};

}  // namespace downhill::program_detail
