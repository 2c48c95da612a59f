#include <autodiff/program/run.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <autodiff/simd/rule_kernels.hpp>
#include <autodiff/threads.hpp>

namespace downhill::program_detail {
namespace {

constexpr std::size_t chunks_in_wave = 32;
// The larger the program, the fewer samples are worth a thread.
constexpr std::size_t blocks_in_chunk(std::size_t lanes) {
  return std::clamp(lanes / 32, std::size_t{2}, std::size_t{8});
}
constexpr std::size_t cache_line = 64;

// Memory that begins with a cache line.
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

// What a thread works in.
template <class T>
struct Work {
  Aligned<T> frame, sums, rows;
  std::vector<char> fits;
};

// What some samples added up.
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

}  // namespace

template <class T>
class Runner<T>::Sweep {
 public:
  explicit Sweep(std::shared_ptr<ProgramState<T>> state) : state_(std::move(state)) {}
  const std::shared_ptr<ProgramState<T>>& state() const { return state_; }

  double run(std::span<const T> parameters, const Columns<T>& columns, const Selection& selection,
             const Wanted<T>& wanted) {
    parameters_ = parameters, columns_ = &columns, wanted_ = wanted;
    if (selection.count == 0) return 0;
    if (state_->options().lanes == 1) return one_by_one(selection);
    if (state_->size() == 0) state_->add(parameters_, sample_at(selection[0]));
    prepared_.resize(std::max(prepared_.size(), state_->options().variants));
    variants_ = 0;
    while (variants_ < state_->size()) prepare();
    const std::size_t lanes = prepared_[0].plan->lanes;
    chunk_samples_ = blocks_in_chunk(lanes) * lanes;

    double value = 0;
    const std::size_t wave_samples = chunk_samples_ * chunks_in_wave;
    for (std::size_t begin = 0; begin < selection.count; begin += wave_samples)
      value += wave(selection, begin, std::min(wave_samples, selection.count - begin));
    for (std::size_t v = 0; v < variants_; ++v) value += finish(prepared_[v]);
    return value;
  }

 private:
  // A variant and what it has for all samples.
  struct Prepared {
    Variant<T>* variant = nullptr;
    const Plan<T>* plan = nullptr;
    bool fits = true;  // as far as parameters tell
    std::vector<T> uniforms, adjoints;
    Totals total;
  };
  // Samples of a chunk, and what they added up, by variant.
  struct Chunk {
    std::vector<Totals> totals;
    std::vector<std::size_t> samples;        // how many each variant ran
    std::vector<std::size_t> pending, next;  // those that fit no variant so far
  };

  bool wants_only_sums() const {
    return wanted_.weights == nullptr && wanted_.values == nullptr && wanted_.sample_gradients == nullptr;
  }
  bool wants_gradient() const { return !wanted_.gradient.empty() || wanted_.sample_gradients != nullptr; }
  Nesting nesting() const { return wants_gradient() ? Nesting::on_tape : Nesting::in_forward_mode; }
  std::span<const T> sample_at(std::size_t sample) {
    sample_.resize(state_->per_sample());
    for (std::size_t j = 0; j < sample_.size(); ++j) sample_[j] = columns_->columns[j].at(sample);
    return sample_;
  }
  std::size_t gradient_numbers() const {
    return wanted_.gradient_numbers == 0 ? state_->per_sample() : wanted_.gradient_numbers;
  }
  T* sample_gradient_at(std::size_t sample) const { return wanted_.sample_gradients + sample * gradient_numbers(); }
  // Where the gradient of one sample along all of its numbers is worked out, if it is wanted.
  std::span<T> whole_gradient() {
    sample_gradient_.resize(wanted_.sample_gradients == nullptr ? 0 : state_->per_sample());
    return sample_gradient_;
  }
  void keep_gradient(std::size_t sample) const {
    if (wanted_.sample_gradients != nullptr)
      std::copy_n(sample_gradient_.begin(), gradient_numbers(), sample_gradient_at(sample));
  }
  double weight_of(std::size_t sample) const {
    return wanted_.weights == nullptr ? 1.0 : static_cast<double>(wanted_.weights[sample]);
  }

  // ---- without lanes
  double one_by_one(const Selection& selection) {
    double value = 0;
    for (std::size_t i = 0; i < selection.count; ++i) value += alone(selection[i]);
    return value;
  }
  double alone(std::size_t sample) {
    const std::span<const T> numbers = sample_at(sample);
    Memory<T>& memory = state_->memory;
    memory.nesting = nesting();
    Variant<T>* const variant = state_->run(parameters_, numbers, memory, parameters_, numbers);
    if (variant == nullptr) return on_tape(sample, numbers);
    const ScalarProgram<T>& scalar = variant->scalar();
    const T value = scalar.result(memory);
    if (wanted_.values != nullptr) wanted_.values[sample] = value;
    if (wants_gradient()) {
      gradient_.assign(state_->parameters(), T(0));
      const std::span<T> of_sample = whole_gradient();
      if (!of_sample.empty()) {
        scalar.reverse(wanted_.weighs_samples ? static_cast<T>(weight_of(sample)) : T(1), memory,
                       std::span<T>(gradient_));
        scalar.sample_adjoints(memory, of_sample);
        keep_gradient(sample);
        gradient_.assign(state_->parameters(), T(0));
      }
      scalar.reverse(static_cast<T>(weight_of(sample)), memory, std::span<T>(gradient_));
      for (std::size_t i = 0; i < wanted_.gradient.size(); ++i)
        wanted_.gradient[i] += static_cast<double>(gradient_[i]);
    }
    return weight_of(sample) * static_cast<double>(value);
  }
  double on_tape(std::size_t sample, std::span<const T> numbers) {
    ++state_->samples_on_tape;
    const std::span<T> of_sample = whole_gradient();
    const T value = state_->function().on_tape(parameters_, numbers, weight_of(sample), wanted_.gradient, of_sample);
    if (wanted_.weighs_samples)
      for (T& slope : of_sample) slope = handed_on(slope, static_cast<T>(weight_of(sample)));
    keep_gradient(sample);
    if (wanted_.values != nullptr) wanted_.values[sample] = value;
    return weight_of(sample) * static_cast<double>(value);
  }

  // ---- what all samples share
  void prepare() {
    Prepared& prepared = prepared_[variants_];
    prepared.variant = &(*state_)[variants_];
    ++variants_;
    const Plan<T>& plan = prepared.variant->plan(wanted_.sample_gradients != nullptr);
    prepared.plan = &plan;
    prepared.total.reset(plan.uniforms);
    prepared.uniforms.resize(plan.uniforms);
    for (const auto& [uniform, number] : plan.constants) prepared.uniforms[uniform] = number;
    for (const auto& [uniform, i] : plan.parameters) prepared.uniforms[uniform] = parameters_[i];
    const Frame<T> frame{.values = prepared.uniforms.data(), .nesting = nesting()};
    for (const Step& step : plan.uniform_steps)
      kernel_of<T>(step.code).forward(frame, step, plan.uniform_operands.data() + step.first);
    prepared.fits = std::ranges::all_of(plan.uniform_guards, [&](const Guard& guard) {
      return holds(guard.comparison, prepared.uniforms[guard.a], prepared.uniforms[guard.b]) == guard.outcome;
    });
  }
  // From the uniform values back to the parameters.
  double finish(Prepared& prepared) {
    const Plan<T>& plan = *prepared.plan;
    if (wanted_.gradient.empty()) return prepared.total.value;
    prepared.adjoints.resize(plan.uniforms);
    std::ranges::transform(prepared.total.uniforms, prepared.adjoints.begin(),
                           [](double sum) { return static_cast<T>(sum); });
    const Frame<T> frame{.values = prepared.uniforms.data(), .adjoints = prepared.adjoints.data()};
    for (auto step = plan.uniform_steps.rbegin(); step != plan.uniform_steps.rend(); ++step)
      if (prepared.adjoints[step->adjoint] != 0)
        kernel_of<T>(step->code).reverse(frame, *step, plan.uniform_operands.data() + step->first);
    for (const auto& [uniform, i] : plan.parameters)
      wanted_.gradient[i] += plan.uniform_steps.empty() ? prepared.total.uniforms[uniform]
                                                        : static_cast<double>(prepared.adjoints[uniform]);
    return prepared.total.value;
  }

  // ---- waves and chunks
  double wave(const Selection& selection, std::size_t begin, std::size_t count) {
    const std::size_t chunks = (count + chunk_samples_ - 1) / chunk_samples_;
    if (chunks_.size() < chunks) chunks_.resize(chunks);
    const std::size_t known = variants_;
    const std::size_t work = count * (prepared_[0].plan->steps.size() + prepared_[0].plan->terms.size());
    constexpr std::size_t worth_it = 50'000;
    const std::size_t team = work < worth_it ? 1 : team_for(chunks);
    if (works_.size() < team) works_.resize(team);
    for (std::size_t t = 0; t < team; ++t)
      for (std::size_t v = 0; v < known; ++v) make_room(works_[t], *prepared_[v].plan);
    in_parallel(chunks, team, [&](std::size_t c, std::size_t member) {
      const std::size_t first = begin + c * chunk_samples_;
      chunk(chunks_[c], works_[member], selection, first, std::min(chunk_samples_, begin + count - first), known);
    });
    double value = 0;
    pending_.clear();
    for (std::size_t c = 0; c < chunks; ++c) {
      for (std::size_t v = 0; v < known; ++v) {
        prepared_[v].total.add(chunks_[c].totals[v]);
        prepared_[v].variant->samples += chunks_[c].samples[v];
      }
      pending_.insert(pending_.end(), chunks_[c].pending.begin(), chunks_[c].pending.end());
    }
    while (!pending_.empty()) {
      if (!state_->has_room()) {
        for (const std::size_t sample : pending_) value += on_tape(sample, sample_at(sample));
        break;
      }
      state_->add(parameters_, sample_at(pending_[0]));
      prepare();
      record_pending(prepared_[variants_ - 1]);
    }
    return value;
  }
  // The samples that wait, by the variant that was recorded last.
  void record_pending(Prepared& prepared) {
    make_room(works_[0], *prepared.plan);
    next_.clear();
    Totals totals;
    for (std::size_t first = 0; first < pending_.size(); first += chunk_samples_) {
      const Selection some{std::min(chunk_samples_, pending_.size() - first), pending_.data() + first};
      prepared.variant->samples += some.count - samples_of(works_[0], prepared, some, 0, some.count, totals, next_);
      prepared.total.add(totals);
    }
    std::swap(pending_, next_);
  }
  void chunk(Chunk& chunk, Work<T>& work, const Selection& selection, std::size_t first, std::size_t count,
             std::size_t known) {
    chunk.totals.resize(std::max(chunk.totals.size(), known));
    chunk.samples.assign(known, 0);
    chunk.pending.clear();
    Selection left = selection;
    bool has_run = false;
    for (std::size_t v = 0; v < known; ++v) {
      chunk.totals[v].reset(prepared_[v].plan->uniforms);
      if (!prepared_[v].fits || count == 0) continue;
      has_run = true;
      chunk.next.clear();
      const std::size_t waiting = samples_of(work, prepared_[v], left, first, count, chunk.totals[v], chunk.next);
      chunk.samples[v] = count - waiting;
      std::swap(chunk.pending, chunk.next);
      left = {chunk.pending.size(), chunk.pending.data()};
      first = 0, count = chunk.pending.size();
    }
    for (std::size_t i = 0; i < count && !has_run; ++i) chunk.pending.push_back(selection[first + i]);
  }
  // Runs a variant for some samples; those that it is not for are appended to `waiting`, and counted. Returns how many.
  std::size_t samples_of(Work<T>& work, const Prepared& prepared, const Selection& selection, std::size_t first,
                         std::size_t count, Totals& totals, std::vector<std::size_t>& waiting) const {
    const std::size_t before = waiting.size();
    if (!blocks(work, prepared, selection, first, count, totals, waiting, false)) {
      waiting.resize(before);
      blocks(work, prepared, selection, first, count, totals, waiting, true);
    }
    return waiting.size() - before;
  }
  void make_room(Work<T>& work, const Plan<T>& plan) const {
    work.frame.resize((plan.values + plan.adjoints) * stride_of(plan));
    work.sums.resize(plan.uniforms * simd::whole<T>);
    if (plan.reads_rows) work.rows.resize(plan.lanes * state_->per_sample());
    work.fits.resize(std::max(work.fits.size(), padded(plan.lanes)));
  }
  // Slots that are a power of two apart would all fall into a few sets of the cache.
  static std::size_t stride_of(const Plan<T>& plan) { return padded(plan.lanes) + cache_line / sizeof(T); }
  static std::size_t padded(std::size_t lanes) {
    const std::size_t width = simd::whole<T>;
    return (lanes + width - 1) / width * width;
  }

  // False where a sum is NaN, and must be done again with care to be sure.
  bool blocks(Work<T>& work, const Prepared& prepared, const Selection& selection, std::size_t first, std::size_t count,
              Totals& totals, std::vector<std::size_t>& waiting, bool with_care) const {
    const Plan<T>& plan = *prepared.plan;
    const LaneFunctions<T>& functions = lane_functions<T>();
    totals.reset(plan.uniforms);
    LaneRun<T> run{.plan = &plan,
                   .frame = {.values = work.frame.data(), .stride = stride_of(plan), .nesting = nesting()},
                   .uniforms = prepared.uniforms.data(),
                   .sums = work.sums.data()};
    run.frame.adjoints = run.frame.values + plan.values * run.frame.stride;
    std::fill_n(run.sums, plan.uniforms * simd::whole<T>, T(0));
    for (const auto& spread : plan.spreads) {
      std::fill_n(run.frame.value(spread.value), padded(plan.lanes), prepared.uniforms[spread.from]);
      if (spread.adjoint != no_slot) std::fill_n(run.frame.adjoint(spread.adjoint), padded(plan.lanes), T(0));
    }
    bool is_sure = true;
    for (std::size_t begin = 0; begin < count; begin += plan.lanes) {
      const std::size_t samples = std::min(plan.lanes, count - begin);
      run.frame.lanes = padded(samples);
      load(work, run, selection, first + begin, samples);
      if (plan.tail > 0 && wants_only_sums()) {
        run.tail = plan.tail;
        run.is_careful = with_care;
        functions.forward(run);
        totals.value += functions.tail(run, samples, !wanted_.gradient.empty());
        if (wanted_.gradient.empty()) continue;
        for (const std::uint32_t slot : plan.zeros) std::fill_n(run.frame.adjoint(slot), run.frame.lanes, T(0));
        functions.reverse(run);
        continue;
      }
      functions.forward(run);
      const bool all_fit = ask_guards(work, run, selection, first + begin, samples, waiting);
      const double value = take_values(work, run, selection, first + begin, samples, all_fit);
      totals.value += value;
      if (!wants_gradient()) continue;
      if (plan.is_uniform || plan.result_adjoint == no_slot) {
        for (const std::uint32_t slot : plan.zeros) std::fill_n(run.frame.adjoint(slot), run.frame.lanes, T(0));
        if (plan.is_uniform) totals.uniforms[plan.result] += seed_sum(work, selection, first + begin, samples, all_fit);
        take_sample_gradients(work, run, selection, first + begin, samples, all_fit);
        continue;
      }
      seed(work, run, selection, first + begin, samples, all_fit);
      for (const std::uint32_t slot : plan.zeros) std::fill_n(run.frame.adjoint(slot), run.frame.lanes, T(0));
      run.is_careful = with_care || !all_fit;
      functions.reverse(run);
      is_sure = take_sample_gradients(work, run, selection, first + begin, samples, all_fit) && is_sure;
    }
    for (std::size_t u = 0; u < plan.uniforms; ++u)
      if (plan.moves[u])
        for (std::size_t i = 0; i < simd::whole<T>; ++i)
          totals.uniforms[u] += static_cast<double>(run.sums[u * simd::whole<T> + i]);
    for (const auto& spread : plan.spreads)
      if (spread.adjoint != no_slot)
        for (std::size_t lane = 0; lane < padded(plan.lanes); ++lane)
          totals.uniforms[spread.from] += static_cast<double>(run.frame.adjoint(spread.adjoint)[lane]);
    if (with_care || !wants_gradient()) return true;
    for (std::size_t u = 0; u < plan.uniforms; ++u)
      if (plan.moves[u] && std::isnan(totals.uniforms[u])) return false;
    return is_sure;
  }

  // The numbers of the samples go to their lanes; what is left of a pack gets the last sample again.
  void load(Work<T>& work, LaneRun<T>& run, const Selection& selection, std::size_t first, std::size_t samples) const {
    const bool is_row_major = columns_->is_row_major && selection.indices == nullptr;
    const std::size_t per_sample = columns_->columns.size();
    if (is_row_major) {
      run.rows = {columns_->columns[0].numbers + first * per_sample, per_sample, samples};
      lane_functions<T>().load(run, run.rows);
    } else if (run.plan->reads_rows) {
      for (std::size_t lane = 0; lane < samples; ++lane)
        for (std::size_t j = 0; j < per_sample; ++j)
          work.rows.data()[lane * per_sample + j] = columns_->columns[j].at(selection[first + lane]);
      run.rows = {work.rows.data(), per_sample, samples};
    }
    for (const auto& [slot, index] : run.plan->sample) {
      T* const to = run.frame.value(slot);
      if (!is_row_major) {
        const auto& column = columns_->columns[index];
        if (column.step == 0)
          std::fill_n(to, samples, *column.numbers);
        else
          for (std::size_t lane = 0; lane < samples; ++lane) to[lane] = column.at(selection[first + lane]);
      }
      for (std::size_t lane = samples; lane < run.frame.lanes; ++lane) to[lane] = to[samples - 1];
    }
  }
  bool ask_guards(Work<T>& work, const LaneRun<T>& run, const Selection& selection, std::size_t first,
                  std::size_t samples, std::vector<std::size_t>& waiting) const {
    if (run.plan->guards.empty()) return true;
    std::fill_n(work.fits.begin(), samples, char{1});
    char all_fit = 1;
    for (const LaneGuard& guard : run.plan->guards) {
      const T *const a = run.frame.value(guard.a), *const b = run.frame.value(guard.b);
      const char outcome = guard.outcome ? 1 : 0;
      const auto ask = [&](auto&& compare) {
        for (std::size_t lane = 0; lane < samples; ++lane) {
          const char fits = static_cast<char>((compare(a[lane], b[lane]) ? 1 : 0) == outcome);
          work.fits[lane] = static_cast<char>(work.fits[lane] & fits);
        }
      };
      switch (guard.comparison) {
        case Comparison::less: ask([](T x, T y) { return x < y; }); break;
        case Comparison::less_equal: ask([](T x, T y) { return x <= y; }); break;
        default: ask([](T x, T y) { return x == y; });
      }
    }
    for (std::size_t lane = 0; lane < samples; ++lane) {
      all_fit = static_cast<char>(all_fit & work.fits[lane]);
      if (work.fits[lane] == 0) waiting.push_back(selection[first + lane]);
    }
    return all_fit != 0;
  }
  bool fits(const Work<T>& work, bool all_fit, std::size_t lane) const { return all_fit || work.fits[lane] != 0; }
  double take_values(const Work<T>& work, const LaneRun<T>& run, const Selection& selection, std::size_t first,
                     std::size_t samples, bool all_fit) const {
    const Plan<T>& plan = *run.plan;
    const T* const values = plan.is_uniform ? &run.uniforms[plan.result] : run.frame.value(plan.result);
    const std::size_t step = plan.is_uniform ? 0 : 1;
    if (wanted_.values != nullptr)
      for (std::size_t lane = 0; lane < samples; ++lane)
        if (fits(work, all_fit, lane)) wanted_.values[selection[first + lane]] = values[lane * step];
    if (all_fit && wanted_.weights == nullptr && step == 1) return lane_functions<T>().sum(values, samples);
    double sum = 0;
    for (std::size_t lane = 0; lane < samples; ++lane)
      if (fits(work, all_fit, lane))
        sum += weight_of(selection[first + lane]) * static_cast<double>(values[lane * step]);
    return sum;
  }
  double seed_sum(const Work<T>& work, const Selection& selection, std::size_t first, std::size_t samples,
                  bool all_fit) const {
    double sum = 0;
    for (std::size_t lane = 0; lane < samples; ++lane)
      if (fits(work, all_fit, lane)) sum += weight_of(selection[first + lane]);
    return sum;
  }
  // The adjoint of the result: the weight of each sample that is there and that the variant is for.
  void seed(const Work<T>& work, const LaneRun<T>& run, const Selection& selection, std::size_t first,
            std::size_t samples, bool all_fit) const {
    T* const to = run.frame.adjoint(run.plan->result_adjoint);
    const bool has_weights =
        wanted_.weights != nullptr && (wanted_.sample_gradients == nullptr || wanted_.weighs_samples);
    if (all_fit && !has_weights) std::fill_n(to, samples, T(1));
    for (std::size_t lane = 0; lane < samples && (has_weights || !all_fit); ++lane)
      to[lane] = !fits(work, all_fit, lane) ? T(0) : has_weights ? wanted_.weights[selection[first + lane]] : T(1);
    for (std::size_t lane = samples; lane < run.frame.lanes; ++lane) to[lane] = T(0);
  }
  bool take_sample_gradients(const Work<T>& work, const LaneRun<T>& run, const Selection& selection, std::size_t first,
                             std::size_t samples, bool all_fit) const {
    if (wanted_.sample_gradients == nullptr) return true;
    bool is_sure = true;
    const std::size_t numbers = gradient_numbers();
    if (all_fit && selection.indices == nullptr && numbers == state_->per_sample())
      return lane_functions<T>().store(run, samples, wanted_.sample_gradients + first * numbers);
    for (std::size_t j = 0; j < numbers; ++j) {
      const std::uint32_t slot = run.plan->sample_adjoints[j];
      for (std::size_t lane = 0; lane < samples; ++lane) {
        if (!fits(work, all_fit, lane)) continue;
        const T slope = slot == no_slot ? T(0) : run.frame.adjoint(slot)[lane];
        wanted_.sample_gradients[selection[first + lane] * numbers + j] = slope;
        is_sure = is_sure && slope == slope;
      }
    }
    return is_sure;
  }

  std::shared_ptr<ProgramState<T>> state_;
  std::span<const T> parameters_;
  const Columns<T>* columns_ = nullptr;
  Wanted<T> wanted_;
  std::vector<Prepared> prepared_;
  std::size_t variants_ = 0, chunk_samples_ = 0;
  std::vector<Chunk> chunks_;
  std::vector<Work<T>> works_;
  std::vector<std::size_t> pending_, next_;
  std::vector<T> sample_, gradient_, sample_gradient_;
};

template <class T>
Runner<T>::Runner(std::shared_ptr<ProgramState<T>> state) : sweep_(std::make_unique<Sweep>(std::move(state))) {}
template <class T>
Runner<T>::Runner(const Runner& other) : Runner(other.sweep_->state()) {}
template <class T>
Runner<T>& Runner<T>::operator=(const Runner& other) {
  sweep_ = std::make_unique<Sweep>(other.sweep_->state());
  return *this;
}
template <class T>
Runner<T>::Runner(Runner&&) noexcept = default;
template <class T>
Runner<T>& Runner<T>::operator=(Runner&&) noexcept = default;
template <class T>
Runner<T>::~Runner() = default;

template <class T>
double Runner<T>::operator()(std::span<const T> parameters, const Columns<T>& columns, const Selection& selection,
                             const Wanted<T>& wanted) {
  return sweep_->run(parameters, columns, selection, wanted);
}

template class Runner<double>;
template class Runner<float>;

}  // namespace downhill::program_detail
