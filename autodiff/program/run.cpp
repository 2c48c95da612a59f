#include <autodiff/program/run.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#include <autodiff/program/run/blocks.hpp>
#include <autodiff/threads.hpp>

namespace downhill::program_detail {
namespace {

constexpr std::size_t chunks_in_wave = 32;
// The larger the program, the fewer samples are worth a thread.
constexpr std::size_t blocks_in_chunk(std::size_t lanes) {
  return std::clamp(lanes / 32, std::size_t{2}, std::size_t{8});
}

}  // namespace

template <class T>
class Runner<T>::Sweep {
 public:
  explicit Sweep(std::shared_ptr<ProgramState<T>> state) : state_(std::move(state)) {}
  const std::shared_ptr<ProgramState<T>>& state() const { return state_; }

  double run(std::span<const T> parameters, const Columns<T>& columns, const Selection& selection,
             const Wanted<T>& wanted) {
    parameters_ = parameters;
    task_ = {.columns = &columns, .wanted = wanted, .per_sample = state_->per_sample(), .results = state_->results()};
    if (selection.count == 0) return 0;
    if (state_->options().lanes == 1) return one_by_one(selection);
    if (state_->size() == 0) state_->add(parameters_, sample_at(selection[0]));
    // One is run even where none is to be kept for branches.
    prepared_.resize(std::max({prepared_.size(), state_->options().variants, state_->size()}));
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
  // Samples of a chunk, and what they added up, by variant.
  struct Chunk {
    std::vector<Totals> totals;
    std::vector<std::size_t> samples;        // how many each variant ran
    std::vector<std::size_t> pending, next;  // those that fit no variant so far
  };

  std::span<const T> sample_at(std::size_t sample) {
    sample_.resize(state_->per_sample());
    for (std::size_t j = 0; j < sample_.size(); ++j) sample_[j] = task_.columns->columns[j].at(sample);
    return sample_;
  }
  // Where the gradient of one sample along all of its numbers is worked out, if it is wanted.
  std::span<T> whole_gradient() {
    sample_gradient_.resize(task_.wanted.sample_gradients == nullptr ? 0 : state_->per_sample());
    return sample_gradient_;
  }
  // That of one result: by itself, or what it adds to that of the sample.
  void keep_gradient(std::size_t sample, std::size_t k) const {
    const std::size_t numbers = task_.gradient_numbers();
    if (numbers == 0) return;
    T* const to = task_.wanted.sample_gradients + (sample * task_.gradients() + k % task_.gradients()) * numbers;
    for (std::size_t j = 0; j < numbers; ++j)
      to[j] = k < task_.gradients() ? sample_gradient_[j] : to[j] + sample_gradient_[j];
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
    memory.nesting = task_.nesting();
    Variant<T>* const variant = state_->run(parameters_, numbers, memory, parameters_, numbers);
    if (variant == nullptr) return on_tape(sample, numbers);
    const ScalarProgram<T>& scalar = variant->scalar();
    double sum = 0;
    for (std::size_t k = 0; k < state_->results(); ++k) {
      const T value = scalar.result(memory, k), weight = static_cast<T>(task_.weight_of(sample, k));
      keep_value(sample, k, value);
      sum += task_.weight_of(sample, k) * static_cast<double>(value);
      if (!task_.wants_gradient()) continue;
      gradient_.assign(state_->parameters(), T(0));
      scalar.reverse(task_.wants_each() ? T(1) : weight, memory, std::span<T>(gradient_), k);
      if (const std::span<T> of_sample = whole_gradient(); !of_sample.empty()) {
        scalar.sample_adjoints(memory, of_sample);
        keep_gradient(sample, k);
      }
      for (std::size_t i = 0; i < task_.wanted.gradient.size(); ++i)
        task_.wanted.gradient[i] += static_cast<double>(gradient_[i]);
    }
    return sum;
  }
  double on_tape(std::size_t sample, std::span<const T> numbers) {
    ++state_->samples_on_tape;
    const std::span<T> of_sample = whole_gradient();
    double sum = 0;
    for (std::size_t k = 0; k < state_->results(); ++k) {
      const double weight = task_.weight_of(sample, k);
      const T value = state_->function().on_tape(parameters_, numbers, k, weight, task_.wanted.gradient, of_sample);
      if (task_.wanted.weighs_samples)
        for (T& slope : of_sample) slope = handed_on(slope, static_cast<T>(weight));
      keep_gradient(sample, k);
      keep_value(sample, k, value);
      sum += weight * static_cast<double>(value);
    }
    return sum;
  }
  void keep_value(std::size_t sample, std::size_t k, const T& value) const {
    if (task_.wanted.values != nullptr) task_.wanted.values[sample * state_->results() + k] = value;
  }

  // ---- what all samples share
  void prepare() {
    Prepared<T>& prepared = prepared_[variants_];
    prepared.variant = &(*state_)[variants_];
    ++variants_;
    const Plan<T>& plan = prepared.variant->plan(task_.along());
    prepared.plan = &plan;
    prepared.total.reset(plan.uniforms);
    prepared.uniforms.resize(plan.uniforms);
    for (const auto& [uniform, number] : plan.constants) prepared.uniforms[uniform] = number;
    for (const auto& [uniform, i] : plan.parameters) prepared.uniforms[uniform] = parameters_[i];
    const Frame<T> frame{.values = prepared.uniforms.data(), .nesting = task_.nesting()};
    for (const Step& step : plan.uniform_steps)
      kernel_of<T>(step.code).forward(frame, step, plan.uniform_operands.data() + step.first);
    prepared.fits = std::ranges::all_of(plan.uniform_guards, [&](const Guard& guard) {
      return holds(guard.comparison, prepared.uniforms[guard.a], prepared.uniforms[guard.b]) == guard.outcome;
    });
  }
  // From the uniform values back to the parameters.
  double finish(Prepared<T>& prepared) {
    const Plan<T>& plan = *prepared.plan;
    if (task_.wanted.gradient.empty()) return prepared.total.value;
    prepared.adjoints.resize(plan.uniforms);
    std::ranges::transform(prepared.total.uniforms, prepared.adjoints.begin(),
                           [](double sum) { return static_cast<T>(sum); });
    const Frame<T> frame{.values = prepared.uniforms.data(), .adjoints = prepared.adjoints.data()};
    for (auto step = plan.uniform_steps.rbegin(); step != plan.uniform_steps.rend(); ++step)
      if (prepared.adjoints[step->adjoint] != 0)
        kernel_of<T>(step->code).reverse(frame, *step, plan.uniform_operands.data() + step->first);
    for (const auto& [uniform, i] : plan.parameters)
      task_.wanted.gradient[i] += plan.uniform_steps.empty() ? prepared.total.uniforms[uniform]
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
      for (std::size_t v = 0; v < known; ++v) make_room(works_[t], prepared_[v]);
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
  void make_room(Work<T>& work, const Prepared<T>& prepared) const {
    work.make_room(*prepared.plan, state_->per_sample(), task_.gradient_numbers());
  }
  // The samples that wait, by the variant that was recorded last.
  void record_pending(Prepared<T>& prepared) {
    make_room(works_[0], prepared);
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
  std::size_t samples_of(Work<T>& work, const Prepared<T>& prepared, const Selection& selection, std::size_t first,
                         std::size_t count, Totals& totals, std::vector<std::size_t>& waiting) const {
    const std::size_t before = waiting.size();
    Blocks<T> blocks(task_, work, prepared);
    if (!blocks.run(selection, first, count, totals, waiting, false)) {
      waiting.resize(before);
      blocks.run(selection, first, count, totals, waiting, true);
    }
    return waiting.size() - before;
  }
  std::shared_ptr<ProgramState<T>> state_;
  std::span<const T> parameters_;
  Task<T> task_;
  std::vector<Prepared<T>> prepared_;
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
