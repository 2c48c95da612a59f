#pragma once
// Training: a step of descent for every batch, epoch after epoch.
//
//     const auto result = fit(network, train, Adam{.learning_rate = 0.001},
//                             {.epochs = 30, .validation = &held_out, .patience = {.steps = 5}}, TrainingBar());
//
// A step records the model over a batch on top of its parameters, sweeps, rewinds, and moves the parameters: the same
// loop for a line and for a network. After the first it allocates nothing, and as it records anew, a model may branch
// on its data.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <models/layers.hpp>
#include <models/loss.hpp>
#include <models/samples.hpp>
#include <models/training_log.hpp>

namespace downhill {

/// What can be trained: parameters on a tape, and outputs for a batch.
template <class M>
concept TrainableModel = requires(M& model, const VarMatrix<typename M::value_type>& x, const Pass& pass) {
  { model.tape() } -> std::convertible_to<const Tape<typename M::value_type>&>;
  { model.inputs() } -> std::convertible_to<std::size_t>;
  { model.outputs() } -> std::convertible_to<std::size_t>;
  { model(x, pass) } -> std::convertible_to<VarMatrix<typename M::value_type>>;
};

template <class T>
struct TrainingOptions {
  std::size_t epochs = 10;
  std::size_t batch = 32;  ///< samples a step; of a full-batch method, ignored
  std::uint64_t seed = 1;  ///< of the order of the samples, and of dropout
  Loss loss = Loss::automatic;
  double huber_delta = 1;
  const Samples<T>* validation = nullptr;  ///< evaluated after every epoch
  Patience patience = {};                  ///< in epochs, with the validation loss, or without one the training loss
  bool keep_best = true;  ///< ends with the parameters of the epoch with the lowest validation loss, where there is one
  double seconds = std::numeric_limits<double>::infinity();  ///< after so much wall time, between two epochs
};

/// The rows of a batch, side by side. Keeps its memory.
template <class T>
class BatchRows {
 public:
  /// Labels become targets 0 and 1 where the loss is the logistic one.
  Batch<T> gather(const Samples<T>& samples, std::span<const std::size_t> indices, Loss loss);
  Batch<T> gather(const Samples<T>& samples, std::size_t begin, std::size_t end, Loss loss);

 private:
  std::vector<T> inputs_, targets_;
  std::vector<std::size_t> labels_, indices_;
};
extern template class BatchRows<float>;
extern template class BatchRows<double>;

namespace training_detail {

inline constexpr std::size_t rows_at_once = 512;  // of what is no batch

// work(batch, outputs) for all samples, some at a time, each recorded and taken off the tape again.
template <class Model, class T, class Work>
void for_each_piece(Model& model, const Samples<T>& samples, Loss loss, Work&& work) {
  BatchRows<T> rows;
  auto& tape = model.tape();
  const auto here = tape.mark();
  for (std::size_t i = 0; i < samples.size(); i += rows_at_once) {
    const auto batch = rows.gather(samples, i, std::min(i + rows_at_once, samples.size()), loss);
    const std::size_t count = batch.inputs.size() / samples.features;
    work(batch, model(VarMatrix<T>::constant(batch.inputs, count, samples.features), Pass{}));
    tape.rewind(here);
  }
}

template <class Model, class T>
void demand_fit(const Model& model, const Samples<T>& samples, std::string_view operation) {
  samples.demand_whole(operation);
  if (samples.features != model.inputs())
    misuse::different_sizes("the features of the samples and the inputs of the model", samples.features,
                            model.inputs());
}

}  // namespace training_detail

/// The loss of a model over samples and its score: the accuracy for labels, R² for numbers. Throws ShapeError where the
/// samples do not fit the model.
template <TrainableModel Model>
Evaluation evaluate(Model& model, const Samples<typename Model::value_type>& samples, Loss loss = Loss::automatic,
                    double huber_delta = 1) {
  using T = typename Model::value_type;
  training_detail::demand_fit(model, samples, "evaluate");
  loss = chosen_loss(loss, samples, model.outputs());
  ScoreKeeper score(samples.has_labels());
  training_detail::for_each_piece(model, samples, loss, [&](const Batch<T>& batch, const VarMatrix<T>& outputs) {
    score.add(static_cast<double>(loss_of(loss, huber_delta, outputs, batch).value()), outputs.value(), batch);
  });
  return score.evaluation();
}

/// The loss of a model over all samples as an Objective of its parameters: every method of descent walks on it. The
/// model's parameters are the point of the last evaluation.
template <TrainableModel Model>
auto objective_of(Model& model, const Samples<typename Model::value_type>& samples, Loss loss = Loss::automatic,
                  double huber_delta = 1) {
  using T = typename Model::value_type;
  training_detail::demand_fit(model, samples, "objective_of");
  loss = chosen_loss(loss, samples, model.outputs());
  return [&model, &samples, loss, huber_delta, swept = Gradient<T>()](std::span<const double> point,
                                                                      std::span<double> gradient) mutable -> double {
    std::ranges::transform(point, model.update_parameters().begin(), [](double x) { return static_cast<T>(x); });
    std::ranges::fill(gradient, 0.0);
    double total = 0;
    training_detail::for_each_piece(model, samples, loss, [&](const Batch<T>& batch, const VarMatrix<T>& outputs) {
      const double share = static_cast<double>(outputs.rows()) / static_cast<double>(samples.size());
      const Var<T> piece = loss_of(loss, huber_delta, outputs, batch);
      model.tape().gradient(piece, swept);
      total += share * static_cast<double>(piece.value());
      for (std::size_t i = 0; i < gradient.size(); ++i)
        gradient[i] += share * static_cast<double>(swept.parameters()[i]);
    });
    return total;
  };
}

/// All that a walk through the epochs has besides the samples: what a checkpoint saves.
template <class T>
struct TrainingState {
  std::vector<T> parameters, memory;  ///< of the model, and of the optimizer
  std::size_t steps = 0;
  BatchOrder::State order;
  std::mt19937_64 dropout;
  TrainingLog::State log;
  std::vector<T> best;  ///< the parameters of the best epoch so far
};

/// A first-order method at work on a model, a batch after the other. The model and the samples must outlive it.
template <TrainableModel Model, class M>
class Trainer {
 public:
  using T = typename Model::value_type;

  /// Throws ShapeError where the samples, the validation samples or the loss do not fit the model, OptionError for an
  /// option outside its domain.
  Trainer(Model& model, const Samples<T>& samples, M method, TrainingOptions<T> options = {})
      : model_(model),
        samples_(samples),
        options_(std::move(options)),
        optimizer_(std::move(method), model.tape().parameters().size()),
        order_(samples.size(), {.batch = options_.batch, .seed = options_.seed}),
        dropout_(options_.seed + 1),
        log_(samples.size(), options_.batch, options_.epochs, options_.patience, samples.has_labels()) {
    training_detail::demand_fit(model, samples, "fit");
    if (options_.validation != nullptr) {
      training_detail::demand_fit(model, *options_.validation, "fit, validation");
      chosen_loss(options_.loss, *options_.validation, model.outputs());
    }
    options_.loss = chosen_loss(options_.loss, samples, model.outputs());
  }

  /// Takes the next batch, and a step of descent; after the last one of an epoch, evaluates the validation samples.
  /// Returns the loss of the batch before the step. Where it is NaN or infinite, the training has ended and the
  /// parameters are those after the last whole epoch.
  double step() {
    if (epoch_.empty()) keep_epoch();
    log_.begin_step();
    const std::span<const std::size_t> indices = order_.next();
    const Batch<T> batch = rows_.gather(samples_, indices, options_.loss);
    auto& tape = model_.tape();
    const auto here = tape.mark();
    const auto outputs =
        model_(VarMatrix<T>::constant(batch.inputs, indices.size(), samples_.features), Pass{.dropout = &dropout_});
    const Var<T> loss = loss_of(options_.loss, options_.huber_delta, outputs, batch);
    const double value = static_cast<double>(loss.value()), rate = optimizer_.learning_rate();
    if (std::isfinite(value)) {
      tape.gradient(loss, swept_);
      tape.rewind(here);
      optimizer_.step(tape.update_parameters(), swept_.parameters());
    } else {
      tape.rewind(here);
    }
    log_.add(value, indices.size(), rate);
    if (!std::isfinite(value))
      fall_back(rate);
    else if (log_.epoch_is_over())
      end_epoch();
    return value;
  }

  /// Trains until all epochs are over or something else ends it. Observers are called with a `const TrainingProgress&`
  /// after every step and at the end; one that returns true ends it. At the end the parameters are those of the best
  /// epoch, if that was asked for: what is to go on later is saved by an observer.
  template <class... Observers>
  TrainingResult run(Observers&&... observers) {
    log_.start_clock();
    while (!log_.ended()) {
      step();
      (log_.tell(observers), ...);
      log_.check_limits(options_.seconds);
    }
    if (options_.keep_best && options_.validation != nullptr && !best_.empty()) write_parameters(best_);
    log_.tell_end(observers...);
    return log_.result();
  }

  const TrainingLog& log() const { return log_; }
  Model& model() const { return model_; }
  const Optimizer<M, T>& optimizer() const { return optimizer_; }

  /// All that must be known to go on as if nothing had been in between.
  TrainingState<T> state() const {
    const auto parameters = model_.tape().parameters();
    const auto memory = optimizer_.memory();
    return {.parameters = {parameters.begin(), parameters.end()},
            .memory = {memory.begin(), memory.end()},
            .steps = optimizer_.steps(),
            .order = order_.state(),
            .dropout = dropout_,
            .log = log_.state(),
            .best = best_};
  }
  /// Throws ShapeError or OptionError, and changes nothing, where the state is that of another model, method or number
  /// of samples.
  void restore(const TrainingState<T>& state) {
    const std::size_t parameters = model_.tape().parameters().size();
    if (state.parameters.size() != parameters)
      misuse::different_sizes("Trainer::restore, parameters", parameters, state.parameters.size());
    if (!state.best.empty() && state.best.size() != parameters)
      misuse::different_sizes("Trainer::restore, best parameters", parameters, state.best.size());
    if (state.memory.size() != optimizer_.memory().size())
      misuse::different_sizes("Trainer::restore, the memory of the method", optimizer_.memory().size(),
                              state.memory.size());
    order_.restore(state.order);
    optimizer_.restore(state.steps, state.memory);
    dropout_ = state.dropout;
    log_.restore(state.log);
    best_ = state.best;
    write_parameters(state.parameters);
    keep_epoch();
  }

 private:
  void write_parameters(const std::vector<T>& values) {
    std::ranges::copy(values, model_.tape().update_parameters().begin());
  }
  void keep_epoch() {
    const auto parameters = model_.tape().parameters();
    epoch_.assign(parameters.begin(), parameters.end());
  }
  void end_epoch() {
    std::optional<Evaluation> validation;
    if (options_.validation != nullptr)
      validation = evaluate(model_, *options_.validation, options_.loss, options_.huber_delta);
    keep_epoch();
    if (log_.end_epoch(validation)) best_ = epoch_;
  }
  void fall_back(double rate) {
    write_parameters(epoch_);
    log_.end_not_finite(rate);
  }

  Model& model_;
  const Samples<T>& samples_;
  TrainingOptions<T> options_;
  Optimizer<M, T> optimizer_;
  BatchOrder order_;
  std::mt19937_64 dropout_;
  TrainingLog log_;
  BatchRows<T> rows_;
  Gradient<T> swept_;
  std::vector<T> epoch_, best_;  // parameters: of the last whole epoch, and of the best one
};

/// Trains a model with any method of the library: with a first-order method, batch after batch; with another, such as
/// Lbfgs, on all samples at once, where an epoch is a step. What is wrong with the arguments throws, see Trainer.
template <TrainableModel Model, class M, class... Observers>
TrainingResult fit(Model& model, const Samples<typename Model::value_type>& samples, const M& method,
                   const TrainingOptions<typename Model::value_type>& options = {}, Observers&&... observers) {
  using T = typename Model::value_type;
  if constexpr (!requires { method.walker(samples.size()); }) {
    return Trainer<Model, M>(model, samples, method, options).run(std::forward<Observers>(observers)...);
  } else {
    auto objective = objective_of(model, samples, options.loss, options.huber_delta);
    TrainingLog log(samples.size(), samples.size(), options.epochs, options.patience, samples.has_labels());
    std::vector<T> best;
    log.start_clock();
    const auto watch = [&](const Progress& progress) {
      if (progress.steps == 0 || progress.ended) return false;
      std::ranges::transform(progress.point, model.update_parameters().begin(),
                             [](double x) { return static_cast<T>(x); });
      log.begin_step();
      log.add(progress.value, samples.size(), progress.learning_rate);
      std::optional<Evaluation> validation;
      if (options.validation != nullptr)
        validation = evaluate(model, *options.validation, options.loss, options.huber_delta);
      if (log.end_epoch(validation)) best.assign(model.tape().parameters().begin(), model.tape().parameters().end());
      (log.tell(observers), ...);
      log.check_limits(options.seconds);
      return log.ended();
    };
    const auto parameters = model.tape().parameters();
    const Result walked =
        minimize(objective, {parameters.begin(), parameters.end()}, method, {.steps = options.epochs}, watch);
    if (!log.ended()) log.end(walked.reason, walked.why);
    std::ranges::transform(walked.point, model.update_parameters().begin(), [](double x) { return static_cast<T>(x); });
    if (options.keep_best && options.validation != nullptr && !best.empty())
      std::ranges::copy(best, model.update_parameters().begin());
    log.tell_end(observers...);
    return log.result();
  }
}

}  // namespace downhill
