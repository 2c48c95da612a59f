#pragma once
/// \file
/// The trainer of one rank: it takes the steps of `Trainer` on its part of each batch, and the ranks add up what comes
/// of it.
///
/// Every rank has the order of all samples and draws the same batches; of a batch it takes the samples that it has. The
/// loss of the batch is the mean over it, so the gradient of a rank counts with its share of the samples. All ranks
/// move their parameters by the same sum, in the same bits.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/sweep.hpp>
#include <models/ranks/gradient_sum.hpp>
#include <models/ranks/part.hpp>
#include <models/training/training.hpp>

namespace downhill {

namespace ranks_detail {

// The samples that this rank trains on. Where it has all of them, it takes its share of each batch by place.
template <class T>
class Source {
 public:
  Source(const Ranks& ranks, const Samples<T>& all)
      : samples_(all), of_(all.size()), rank_(ranks.rank()), size_(ranks.size()), has_all_(true) {}
  Source(const Ranks& ranks, const PartOfSamples<T>& part)
      : samples_(part.samples), of_(part.of), rank_(ranks.rank()), size_(ranks.size()), has_all_(false) {
    place_.assign(of_, none);
    for (std::size_t i = 0; i < part.numbers.size(); ++i) place_.at(part.numbers[i]) = i;
  }
  const Samples<T>& samples() const { return samples_; }
  std::size_t of() const { return of_; }

  // Of a batch: the places of this rank's samples among its own, and their rows in the batch.
  void take(std::span<const std::size_t> batch, std::vector<std::size_t>& own, std::vector<std::size_t>& rows) const {
    own.clear(), rows.clear();
    const std::size_t begin = has_all_ ? batch.size() * rank_ / size_ : 0;
    const std::size_t end = has_all_ ? batch.size() * (rank_ + 1) / size_ : batch.size();
    for (std::size_t row = begin; row < end; ++row) {
      const std::size_t place = has_all_ ? batch[row] : place_[batch[row]];
      if (place != none) own.push_back(place), rows.push_back(row);
    }
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  const Samples<T>& samples_;
  std::size_t of_, rank_, size_;
  bool has_all_;
  std::vector<std::size_t> place_;
};

// The groups of a sharded optimizer, whose parameters are this rank's shares.
template <class T>
std::vector<Group> groups_of_shares(const std::vector<Group>& groups, const GradientSum<T>& sum) {
  std::vector<Group> own;
  sum.for_each_own([&](std::size_t first, std::size_t count, std::size_t place) {
    for (const Group& group : groups) {
      const std::size_t begin = std::max(group.begin, first), end = std::min(group.end, first + count);
      if (begin < end) own.push_back({begin - first + place, end - first + place, group.rate, group.decay});
    }
  });
  return own;
}

[[noreturn]] void refuse_sharded_norm(std::string_view method);

// A method that remembers for this rank's shares alone.
template <class M, class T>
Optimizer<M, T> optimizer_of(M method, const GradientSum<T>& sum, bool shard, std::size_t parameters) {
  if (!shard) return Optimizer<M, T>(std::move(method), parameters);
  optimizer_detail::demand_sound(M::name, method.learning_rate, method.gradient, parameters);
  if (method.gradient.clip_norm < std::numeric_limits<double>::infinity()) refuse_sharded_norm(M::name);
  method.gradient.groups = groups_of_shares(method.gradient.groups, sum);
  return Optimizer<M, T>(std::move(method), sum.own_size());
}

// All ranks go on with a training, or none: the first one decides.
void agree(const Ranks& ranks, TrainingLog& log);

}  // namespace ranks_detail

/// Trains a model together with the other ranks: as Trainer, whose members all ranks call. Observers are told by the
/// first rank alone, and it alone looks at the clock.
template <TrainableModel Model, class M>
class RankTrainer final : public Trainer<Model, M> {
  using Base = Trainer<Model, M>;

 public:
  using T = typename Model::value_type;

  /// `options` have been checked, `kind` says what the samples of all ranks are. `validation` are those of this rank.
  RankTrainer(const Ranks& ranks, Model& model, ranks_detail::Source<T> source, M method, TrainingOptions<T> options,
              ranks_detail::Kind kind, const GradientSumOptions& how)
      : RankTrainer(ranks, model, std::move(source), std::move(method), std::move(options), kind, how,
                    std::make_unique<GradientSum<T>>(ranks, model.tape().parameters().size(), how)) {}

  /// Called after each step by all ranks: where it may call `state`, which gathers what the ranks have.
  void on_step(std::function<void(TrainingLog&)> call) { on_step_ = std::move(call); }
  /// How the gradients were added up.
  const GradientSum<T>& gradient_sum() const { return *sum_; }

 protected:
  double descend(std::span<const std::size_t> batch, std::mt19937_64& dropout, Optimizer<M, T>& optimizer) override {
    Tape<T>& tape = this->model().tape();
    source_.take(batch, own_, rows_of_batch_);
    const bool has_some = !own_.empty();
    sum_->begin(static_cast<double>(own_.size()) / static_cast<double>(batch.size()));
    training_detail::off_the_tape(tape, [&] {
      if (has_some)
        sweep(gathered_.gather(source_.samples(), own_, this->options().loss), batch.size(), dropout);
      else
        draw_alone(batch.size(), dropout);
    });
    const double value = sum_->finish();
    if (std::isfinite(value)) step(tape.update_parameters(), optimizer);
    return value;
  }
  std::optional<Metrics> validate() override {
    if (this->options().validation == nullptr) return std::nullopt;
    return evaluate(ranks_, this->model(), *this->options().validation, this->options().loss,
                    this->options().huber_delta);
  }
  void watch(TrainingLog& log) override {
    if (on_step_) on_step_(log);
  }
  bool tells() const override { return ranks_.is_first(); }
  void agree(TrainingLog& log, bool observed) override {
    if (observed || has_clock_) ranks_detail::agree(ranks_, log);
  }
  std::vector<T> whole_memory(const Optimizer<M, T>& optimizer) const override {
    if (!shard_) return Base::whole_memory(optimizer);
    const std::size_t parameters = this->model().tape().parameters().size(), own = sum_->own_size();
    std::vector<T> all(M::memory * parameters);
    for (std::size_t k = 0; k < M::memory; ++k) {
      const std::span<T> array = std::span(all).subspan(k * parameters, parameters);
      sum_->for_each_own([&](std::size_t first, std::size_t count, std::size_t place) {
        std::ranges::copy(optimizer.memory().subspan(k * own + place, count), array.subspan(first).begin());
      });
      sum_->gather(array);
    }
    return all;
  }
  void restore_memory(Optimizer<M, T>& optimizer, const TrainingState<T>& state) override {
    if (!shard_) return Base::restore_memory(optimizer, state);
    const std::size_t parameters = this->model().tape().parameters().size(), own = sum_->own_size();
    std::vector<T> mine(M::memory * own);
    for (std::size_t k = 0; k < M::memory; ++k)
      sum_->for_each_own([&](std::size_t first, std::size_t count, std::size_t place) {
        std::ranges::copy(std::span(state.memory).subspan(k * parameters + first, count),
                          std::span(mine).subspan(k * own + place).begin());
      });
    optimizer.restore(state.steps, mine);
  }

 private:
  RankTrainer(const Ranks& ranks, Model& model, ranks_detail::Source<T> source, M method, TrainingOptions<T> options,
              ranks_detail::Kind kind, const GradientSumOptions& how, std::unique_ptr<GradientSum<T>> sum)
      : Base(model, source.samples(), source.of(), with_clock(options, ranks), kind.has_labels,
             ranks_detail::optimizer_of(std::move(method), *sum, how.shard && ranks.size() > 1,
                                        model.tape().parameters().size())),
        ranks_(ranks),
        source_(std::move(source)),
        shard_(how.shard && ranks_.size() > 1),
        has_clock_(options.seconds < std::numeric_limits<double>::infinity()),
        sum_(std::move(sum)) {}
  // Clocks differ: only the first rank looks at its own.
  static TrainingOptions<T> with_clock(TrainingOptions<T> options, const Ranks& ranks) {
    if (!ranks.is_first()) options.seconds = std::numeric_limits<double>::infinity();
    return options;
  }

  void sweep(const Batch<T>& some, std::size_t of, std::mt19937_64& dropout) {
    const auto x = VarMatrix<T>::constant(some.inputs, own_.size(), source_.samples().features);
    const Pass pass{.dropout = &dropout, .rows = {.rows = rows_of_batch_, .of = of}};
    const Var<T> loss = loss_of(this->options().loss, this->options().huber_delta, this->model()(x, pass), some);
    sum_->add_loss(static_cast<double>(loss.value()) * static_cast<double>(own_.size()) / static_cast<double>(of));
    sweep_.descend(this->model().tape(), loss, *sum_);
  }
  // None of the samples of a batch is here: the generator goes on as on the other ranks, by a pass of one row.
  void draw_alone(std::size_t of, std::mt19937_64& dropout) {
    sum_->add_loss(0);
    sum_->take_nothing();
    zeros_.assign(this->model().inputs(), T(0));
    static constexpr std::size_t first = 0;
    const Pass pass{.dropout = &dropout, .rows = {.rows = {&first, 1}, .of = of}};
    static_cast<void>(this->model()(VarMatrix<T>::constant(zeros_, 1, zeros_.size()), pass));
  }
  void step(std::span<T> parameters, Optimizer<M, T>& optimizer) {
    if (!shard_) return optimizer.step(parameters, sum_->sum());
    shares_.resize(sum_->own_size());
    sum_->for_each_own([&](std::size_t first, std::size_t count, std::size_t place) {
      std::ranges::copy(parameters.subspan(first, count), std::span(shares_).subspan(place).begin());
    });
    optimizer.step(shares_, sum_->sum());
    sum_->for_each_own([&](std::size_t first, std::size_t count, std::size_t place) {
      std::ranges::copy(std::span(shares_).subspan(place, count), parameters.subspan(first).begin());
    });
    sum_->gather(parameters);
  }

  Ranks ranks_;
  ranks_detail::Source<T> source_;
  bool shard_, has_clock_;
  std::unique_ptr<GradientSum<T>> sum_;
  Sweep<T> sweep_;
  BatchRows<T> gathered_;
  std::vector<std::size_t> own_, rows_of_batch_;
  std::vector<T> zeros_, shares_;
  std::function<void(TrainingLog&)> on_step_;
};

}  // namespace downhill
