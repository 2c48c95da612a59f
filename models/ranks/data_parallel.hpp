#pragma once
/// \file
/// Training on several processes, of one machine or of many, which are started by mpirun: `fit` with the same options,
/// and the losses of one process, to rounding.
///
///     DataParallel ranks
///     ranks.fit(network, samples, Adam{}, {.epochs = 20}, ProgressBar())
///
/// Every rank runs the same program. Each takes a part of each batch, and the gradients are summed while the sweep goes
/// on (gradient_sum.hpp). With `shard`, each remembers what the method remembers, such as Adam's moments, for its share
/// of the parameters alone: stage 1 of Rajbhandari and others, "ZeRO: Memory Optimizations Toward Training Trillion
/// Parameter Models" (2020). docs/scale.md says how far it goes.
///
/// What differs between the ranks does so in the numbers of the samples alone: a model that takes statistics of its
/// batch takes them of its part, and one that draws random numbers without `Pass::rows` draws others than one process.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/descent/methods.hpp>
#include <models/ranks/trainer.hpp>
#include <models/training/checkpoint.hpp>

namespace downhill {

/// How the ranks share a training, and where it is kept.
struct DataParallelOptions {
  bool shard = false;  ///< each rank remembers for its share of the parameters; not with clip_norm
  Reduction reduction = Reduction::in_rank_order;
  bool overlap = true;                    ///< sum while the sweep goes on
  std::size_t piece = 0;                  ///< parameters that are summed at once; 0: by their number
  std::filesystem::path checkpoint = {};  ///< written by the first rank, whole; where it is empty, none is
  std::size_t checkpoint_every = 1;       ///< epochs
  bool resume = false;  ///< go on from the checkpoint, by whatever number of ranks it was written; all ranks read it
};

namespace ranks_detail {

// Throws where an option differs between the ranks.
template <class T>
void demand_same(const Ranks& ranks, const TrainingOptions<T>& options, std::size_t samples, std::string_view method,
                 std::string_view model, const DataParallelOptions& how);
extern template void demand_same(const Ranks&, const TrainingOptions<float>&, std::size_t, std::string_view,
                                 std::string_view, const DataParallelOptions&);
extern template void demand_same(const Ranks&, const TrainingOptions<double>&, std::size_t, std::string_view,
                                 std::string_view, const DataParallelOptions&);
// Throws for options that need a method with steps.
void demand_no_checkpoint(const DataParallelOptions& how, std::string_view method);

template <class Model>
std::string text_of(Model& model) {
  if constexpr (requires { model.architecture(); })
    return to_json(model.architecture());
  else
    return std::to_string(model.tape().parameters().size()) + " parameters";
}

}  // namespace ranks_detail

/// The ranks of a job, to train with. Where the program was started without mpirun, there is one.
class DataParallel : public Ranks {
 public:
  explicit DataParallel(DataParallelOptions options = {}) : options_(std::move(options)) {}

  /// As `fit` (training/training.hpp), where every rank has all samples, and all validation samples: each takes its
  /// share of each batch. All ranks end with the parameters of the first; they start with its parameters as well.
  /// Observers are told by the first rank.
  ///
  /// A method that takes all samples at once, such as Lbfgs, walks on all ranks alike, on the sum of their losses and
  /// gradients; it has no checkpoints and nothing to shard. Throws what `fit` throws, and OptionError where the ranks
  /// have other options, and for `shard` with clip_norm. Where there are several ranks, what would be thrown ends the
  /// job, with the message and the rank on stderr: see `Ranks::guard`.
  template <TrainableModel Model, class M, class... Observers>
  TrainingResult fit(Model& model, const Samples<typename Model::value_type>& samples, const M& method,
                     TrainingOptions<typename Model::value_type> options = {}, Observers&&... observers) {
    return guard([&] {
      std::optional<PartOfSamples<typename Model::value_type>> validation;
      if (options.validation != nullptr) {
        validation = part_of(*this, *options.validation);
        options.validation = &validation->samples;
      }
      return fit_on(model, {*this, samples}, method, options, observers...);
    });
  }
  /// The same, where each rank has some of the samples, and the validation samples are those of this rank. A rank may
  /// have none.
  template <TrainableModel Model, class M, class... Observers>
  TrainingResult fit(Model& model, const PartOfSamples<typename Model::value_type>& part, const M& method,
                     const TrainingOptions<typename Model::value_type>& options = {}, Observers&&... observers) {
    return guard([&] { return fit_on(model, {*this, part}, method, options, observers...); });
  }

  const DataParallelOptions& options() const { return options_; }
  /// Seconds that this rank has waited for sums of gradients.
  double seconds_waited() const { return waited_; }

 private:
  template <class Model, class M, class T, class... Observers>
  TrainingResult fit_on(Model& model, ranks_detail::Source<T>&& source, const M& method, TrainingOptions<T> options,
                        Observers&... observers) {
    ranks_detail::demand_same(*this, options, source.of(), M::name, ranks_detail::text_of(model), options_);
    const auto kind = [&](std::string_view operation, const Samples<T>& some) {
      return ranks_detail::kind_of(*this, operation, some, model.inputs(), model.outputs(), options.loss,
                                   options.huber_delta);
    };
    const ranks_detail::Kind of_samples = kind("fit", source.samples());
    options.loss = of_samples.loss;
    if (options.validation != nullptr) kind("fit, validation", *options.validation);
    take_from_first(model.tape().update_parameters());
    if constexpr (FirstOrder<M>) {
      const GradientSumOptions how{options_.reduction, options_.shard, options_.overlap, options_.piece};
      RankTrainer<Model, M> trainer(*this, model, std::move(source), method, std::move(options), of_samples, how);
      if constexpr (HasCheckpoints<Model>) {
        if (options_.resume) load(trainer, options_.checkpoint);
        if (!options_.checkpoint.empty()) keep_checkpoints(trainer);
      } else if (!options_.checkpoint.empty()) {
        throw OptionError("DataParallel: a checkpoint of a model whose `tape()` is not const; make it const");
      }
      const TrainingResult result = trainer.run(observers...);
      waited_ += trainer.gradient_sum().seconds_waited();
      wait_for_all();
      return result;
    } else {
      ranks_detail::demand_no_checkpoint(options_, M::name);
      return fit_at_once(model, source, method, options, of_samples, observers...);
    }
  }

  template <class Model>
  static constexpr bool HasCheckpoints = requires(const Model& model) { model.tape(); };
  template <class M>
  static constexpr bool FirstOrder = !requires(const M& method) { method.walker(std::size_t{1}); };

  template <class Trainer>
  void keep_checkpoints(Trainer& trainer) {
    if (options_.checkpoint_every == 0) throw OptionError("DataParallel: a checkpoint every 0 epochs; give at least 1");
    trainer.on_step([this, &trainer](TrainingLog& log) {
      const EpochProgress epoch = log.progress().epoch.value();
      if (!epoch.ended || (epoch.number % options_.checkpoint_every != 0 && epoch.number != epoch.of)) return;
      if (is_first())
        save(trainer, options_.checkpoint);
      else
        static_cast<void>(trainer.state());  // its part in gathering it
    });
  }

  template <class Model, class M, class T, class... Observers>
  TrainingResult fit_at_once(Model& model, const ranks_detail::Source<T>& source, const M& method,
                             const TrainingOptions<T>& options, ranks_detail::Kind kind, Observers&... observers) {
    // This rank's part of the samples, which it goes through as one process would.
    std::vector<std::size_t> every(source.of()), own, rows;
    for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
    source.take(every, own, rows);
    const Samples<T> some = source.samples().rows(own);
    const double share = static_cast<double>(own.size()) / static_cast<double>(source.of());
    std::optional<decltype(objective_of(model, some, kind.loss, options.huber_delta))> of_some;
    if (!own.empty()) of_some.emplace(objective_of(model, some, kind.loss, options.huber_delta));
    std::vector<double> sums;
    const auto objective = [&](std::span<const double> point, std::span<double> gradient) -> double {
      const double value = of_some ? (*of_some)(point, gradient) : 0.0;
      if (!of_some) training_detail::write_parameters(model, point);
      sums.assign(1, share * value);
      for (const double slope : gradient) sums.push_back(of_some ? share * slope : 0.0);
      sum(sums);
      std::copy(sums.begin() + 1, sums.end(), gradient.begin());
      return sums[0];
    };
    TrainingOptions<T> with_clock = options;
    if (!is_first()) with_clock.seconds = std::numeric_limits<double>::infinity();
    return training_detail::fit_at_once(
        model, method, options, objective,
        TrainingLog(source.of(), source.of(), options.epochs, options.patience, kind.has_labels, with_clock.seconds),
        source.of(),
        [&]() -> std::optional<Metrics> {
          if (options.validation == nullptr) return std::nullopt;
          return evaluate(*this, model, *options.validation, options.loss, options.huber_delta);
        },
        is_first(), [this](TrainingLog& log) { ranks_detail::agree(*this, log); }, observers...);
  }

  DataParallelOptions options_;
  double waited_ = 0;
};

}  // namespace downhill
