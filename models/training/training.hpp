#pragma once
/// \file
/// Training: a step of descent for every batch, epoch after epoch.
///
///     const auto result = fit(network, train, Adam{.learning_rate = 0.001},
///                             {.epochs = 30, .validation = &held_out, .patience = {.rounds = 5}}, ProgressBar());
///
/// A step records the model over a batch on top of its parameters, sweeps, rewinds, and moves the parameters: the same
/// loop for a line and for a network. After the first it allocates nothing, and as it records anew, a model may branch
/// on its data.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/observers.hpp>
#include <models/training/evaluation.hpp>
#include <models/training/training_log.hpp>

namespace downhill {

/// How long a training goes on, and on what.
template <class T>
struct TrainingOptions {
  std::size_t epochs = 10;
  std::size_t batch = 32;  ///< samples a step; of a full-batch method, ignored
  std::uint64_t seed = 1;  ///< of the order of the samples, and of dropout
  Loss loss = Loss::automatic;
  double huber_delta = 1;
  const Samples<T>* validation = nullptr;  ///< evaluated after every epoch
  Patience patience = {};  ///< a round is an epoch, by its validation loss, or without one its training loss
  bool keep_best = true;  ///< ends with the parameters of the epoch with the lowest validation loss, where there is one
  double seconds = std::numeric_limits<double>::infinity();  ///< after so much wall time, between two epochs
};

namespace training_detail {

// The options, with the loss that is to be taken.
template <class Model, class T>
TrainingOptions<T> checked(Model& model, const Samples<T>& samples, TrainingOptions<T> options) {
  const auto demand = [&](std::string_view operation, const Samples<T>& some) {
    return demand_fit(operation, some, model.inputs(), model.outputs(), options.loss, options.huber_delta);
  };
  options.loss = demand("fit", samples);
  if (options.validation != nullptr) demand("fit, validation", *options.validation);
  return options;
}

}  // namespace training_detail

/// The state of a training besides its samples: what a checkpoint saves.
template <class T>
struct TrainingState {
  std::vector<T> parameters, memory;  ///< of the model, and of the optimizer
  std::size_t steps = 0;
  BatchOrder::State order;
  std::mt19937_64 dropout;
  TrainingLog::State log;
  std::vector<T> best;  ///< the parameters of the best epoch so far
};

namespace training_detail {

template <class T>
void demand_sizes(const TrainingState<T>& state, std::size_t parameters, std::string_view method, std::size_t memory);
extern template void demand_sizes(const TrainingState<float>&, std::size_t, std::string_view, std::size_t);
extern template void demand_sizes(const TrainingState<double>&, std::size_t, std::string_view, std::size_t);

// How the model does on the validation samples, where there are any.
template <class Model, class T>
std::optional<Metrics> validated(Model& model, const TrainingOptions<T>& options) {
  if (options.validation == nullptr) return std::nullopt;
  return evaluate(model, *options.validation, options.loss, options.huber_delta);
}

// After an epoch: keeps the parameters where it is the best one so far.
template <class Model, class T>
void end_epoch(Model& model, const TrainingOptions<T>& options, const std::optional<Metrics>& validation,
               TrainingLog& log, std::vector<T>& best) {
  const auto parameters = model.tape().parameters();
  if (log.end_epoch(validation) && validation && options.keep_best) best.assign(parameters.begin(), parameters.end());
}

// Is the end of a walk, for this reason, the end of a step as well?
bool has_moved(StopReason reason);

}  // namespace training_detail

/// Trains a model by a first-order method, one batch after the other. The model and the samples must outlive it, and
/// stay where they are.
template <TrainableModel Model, class M>
class Trainer {
 public:
  using T = typename Model::value_type;

  /// Throws ShapeError where the samples, the validation samples or the loss do not fit the model, OptionError for an
  /// option outside its domain.
  Trainer(Model& model, const Samples<T>& samples, M method, TrainingOptions<T> options = {})
      : model_(model),
        samples_(samples),
        options_(training_detail::checked(model, samples, std::move(options))),
        log_(samples.size(), options_.batch, options_.epochs, options_.patience, samples.has_labels(),
             options_.seconds),
        optimizer_(std::move(method), model.tape().parameters().size()),
        order_(samples.size(), {.batch = options_.batch, .seed = options_.seed}),
        dropout_(options_.seed + 1) {}
  virtual ~Trainer() = default;
  /// Not on temporary samples, which would be gone at the first step.
  Trainer(Model& model, const Samples<T>&& samples, M method, TrainingOptions<T> options = {}) = delete;

  /// Takes the next batch, and a step of descent. Returns the loss of the batch before the step. Where it is NaN or
  /// infinite, the parameters stay. What the model throws passes through: the tape is rewound and the parameters stay,
  /// but the batch is lost to its epoch.
  double step() {
    const std::span<const std::size_t> indices = order_.next();
    const double rate = optimizer_.learning_rate();
    const double value = descend(indices, dropout_, optimizer_);
    shows_best_ = false;
    log_.add(value, indices.size(), rate);
    return value;
  }

  /// Trains until all epochs are over or something else ends it. Observers are called with a `const Progress&` after
  /// every step and at the end; one that returns true ends it. If a loss or a parameter becomes NaN or infinite,
  /// the parameters go back to those after the last whole epoch of this run, or to those with which the run began.
  ///
  /// What the model or an observer throws passes through: the parameters are those after the last step, and `run` goes
  /// on from there.
  template <class... Observers>
  TrainingResult run(Observers&&... observers) {
    log_.start_clock();
    if (!log_.ended()) keep_parameters();
    while (!log_.ended()) {
      take_step();
      watch(log_);
      if (tells()) (log_.tell(observers), ...);
      log_.close_epoch();
      agree(log_, sizeof...(Observers) > 0);
    }
    if (options_.keep_best && options_.validation != nullptr && !best_.empty() && !shows_best_) {
      keep_parameters();
      training_detail::write_parameters(model_, best_);
      shows_best_ = true;
    }
    if (tells()) log_.tell_end(observers...);
    return log_.result();
  }

  const TrainingLog& log() const { return log_; }
  Model& model() const { return model_; }
  /// The loss that training makes small: never `automatic`, but what that stands for.
  Loss loss() const { return options_.loss; }
  const Optimizer<M, T>& optimizer() const { return optimizer_; }

  /// All that is needed to go on as if there had been no interruption. Where `run` has ended with the parameters of the
  /// best epoch, the state has the later ones, from which training goes on.
  TrainingState<T> state() const {
    const std::span<const T> parameters = shows_best_ ? std::span<const T>(kept_) : model_.tape().parameters();
    return {.parameters = {parameters.begin(), parameters.end()},
            .memory = whole_memory(optimizer_),
            .steps = optimizer_.steps(),
            .order = order_.state(),
            .dropout = dropout_,
            .log = log_.state(),
            .best = best_};
  }
  /// Throws ShapeError or OptionError, and changes nothing, where the state is that of another model, method or number
  /// of samples, as far as their sizes tell.
  void restore(const TrainingState<T>& state) {
    const std::size_t parameters = model_.tape().parameters().size();
    training_detail::demand_sizes(state, parameters, M::name, M::memory * parameters);
    order_.restore(state.order);
    restore_memory(optimizer_, state);
    dropout_ = state.dropout;
    log_.restore(state.log);
    best_ = state.best;
    shows_best_ = false;
    training_detail::write_parameters(model_, state.parameters);
  }

 protected:
  /// For a training that several processes share, see ranks/data_parallel.hpp: the options are checked, this process
  /// has some of the samples, and the optimizer may be one of some of the parameters.
  Trainer(Model& model, const Samples<T>& some, std::size_t samples, TrainingOptions<T> checked, bool has_labels,
          Optimizer<M, T> optimizer)
      : model_(model),
        samples_(some),
        options_(std::move(checked)),
        log_(samples, options_.batch, options_.epochs, options_.patience, has_labels, options_.seconds),
        optimizer_(std::move(optimizer)),
        order_(samples, {.batch = options_.batch, .seed = options_.seed}),
        dropout_(options_.seed + 1) {}

  /// The loss of a batch, and where it is finite, a step down its gradient.
  virtual double descend(std::span<const std::size_t> indices, std::mt19937_64& dropout, Optimizer<M, T>& optimizer) {
    const Batch<T> batch = rows_.gather(samples_, indices, options_.loss);
    double value = 0;
    training_detail::off_the_tape(model_.tape(), [&] {
      const auto x = VarMatrix<T>::constant(batch.inputs, indices.size(), samples_.features);
      const Var<T> loss = loss_of(options_.loss, options_.huber_delta, model_(x, Pass{.dropout = &dropout}), batch);
      value = static_cast<double>(loss.value());
      if (std::isfinite(value)) model_.tape().gradient(loss, swept_);
    });
    if (std::isfinite(value)) optimizer.step(model_.tape().update_parameters(), swept_.parameters());
    return value;
  }
  /// How the model does on the validation samples, where there are any.
  virtual std::optional<Metrics> validate() { return training_detail::validated(model_, options_); }
  /// Called after each step, before the observers.
  virtual void watch(TrainingLog&) {}
  /// Are the observers told by this process?
  virtual bool tells() const { return true; }
  /// Called after each step: all processes go on, or none. `observed`: may an observer have ended it?
  virtual void agree(TrainingLog&, bool /*observed*/) {}
  /// What the method remembers for all parameters.
  virtual std::vector<T> whole_memory(const Optimizer<M, T>& optimizer) const {
    const auto memory = optimizer.memory();
    return {memory.begin(), memory.end()};
  }
  /// The optimizer goes on from what was remembered for all parameters.
  virtual void restore_memory(Optimizer<M, T>& optimizer, const TrainingState<T>& state) {
    optimizer.restore(state.steps, state.memory);
  }

  const TrainingOptions<T>& options() const { return options_; }

 private:
  void keep_parameters() {
    const auto parameters = model_.tape().parameters();
    kept_.assign(parameters.begin(), parameters.end());
  }
  void take_step() {
    const bool finite = std::isfinite(step());
    const bool epoch_is_over = order_.state().position == order_.samples();
    if (finite && !epoch_is_over) return;
    if (finite && std::ranges::all_of(model_.tape().parameters(), [](T x) { return std::isfinite(x); })) {
      training_detail::end_epoch(model_, options_, validate(), log_, best_);
      keep_parameters();
    } else {
      log_.end_not_finite(finite ? "a parameter" : "the loss");
      training_detail::write_parameters(model_, kept_);
    }
  }

  Model& model_;
  const Samples<T>& samples_;
  TrainingOptions<T> options_;
  TrainingLog log_;
  Optimizer<M, T> optimizer_;
  BatchOrder order_;
  std::mt19937_64 dropout_;
  BatchRows<T> rows_;
  Gradient<T> swept_;
  std::vector<T> kept_, best_;  // parameters: to go back to or to go on from, and of the best epoch
  bool shows_best_ = false;     // the model has the best ones, and the last are kept
};

namespace training_detail {

// Trains by a method that takes all samples at once, on their loss as an objective. `validate` gives the metrics after
// an epoch, `tells` says whether the observers are told, and `agree` is called after each epoch.
template <class Model, class M, class T, class F, class Validate, class Agree, class... Observers>
TrainingResult fit_at_once(Model& model, const M& method, const TrainingOptions<T>& options, F&& objective,
                           TrainingLog log, std::size_t samples, const Validate& validate, bool tells,
                           const Agree& agree, Observers&... observers) {
  std::vector<T> best;
  log.start_clock();
  const auto watch = [&](const Progress& progress) {
    if (progress.steps == log.state().steps || (progress.ended && !has_moved(*progress.ended))) return false;
    write_parameters(model, progress.point);
    log.add(progress.value, samples, progress.learning_rate, progress.gradient_norm,
            progress.evaluations - log.progress().evaluations);
    end_epoch(model, options, validate(), log, best);
    if (tells) (log.tell(observers), ...);
    log.close_epoch();
    agree(log);
    return log.ended();
  };
  const auto parameters = model.tape().parameters();
  const Result walked =
      minimize(objective, {parameters.begin(), parameters.end()}, method, {.steps = options.epochs}, watch);
  write_parameters(model, walked.point);
  if (walked.exception) std::rethrow_exception(walked.exception);
  if (!log.ended()) log.end(walked.reason, walked.why);
  if (!best.empty()) write_parameters(model, best);
  if (tells) log.tell_end(observers...);
  return log.result();
}

}  // namespace training_detail

/// Trains a model with any method of the library: with a first-order method, batch after batch; with another, such as
/// Lbfgs, on all samples at once, where an epoch is a step. What is wrong with the arguments throws, and what the model
/// or an observer throws passes through, see Trainer.
template <TrainableModel Model, class M, class... Observers>
TrainingResult fit(Model& model, const Samples<typename Model::value_type>& samples, const M& method,
                   const TrainingOptions<typename Model::value_type>& options = {}, Observers&&... observers) {
  using T = typename Model::value_type;
  if constexpr (!requires { method.walker(samples.size()); }) {
    return Trainer<Model, M>(model, samples, method, options).run(std::forward<Observers>(observers)...);
  } else {
    const TrainingOptions<T> chosen = training_detail::checked(model, samples, options);
    auto objective = objective_of(model, samples, chosen.loss, chosen.huber_delta);
    return training_detail::fit_at_once(
        model, method, chosen, objective,
        TrainingLog(samples.size(), samples.size(), options.epochs, options.patience, samples.has_labels(),
                    options.seconds),
        samples.size(), [&] { return training_detail::validated(model, chosen); }, true, [](TrainingLog&) {},
        observers...);
  }
}

}  // namespace downhill
