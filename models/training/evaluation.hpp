#pragma once
/// \file
/// The loss and the score of a model over samples, some samples at a time, and the loss as an objective of descent.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/gradient.hpp>
#include <models/data/samples.hpp>
#include <models/network/layers.hpp>
#include <models/network/loss.hpp>
#include <models/training/training_log.hpp>

namespace downhill {

/// What can be trained: parameters on a tape, and outputs for a batch.
template <class M>
concept TrainableModel = requires(M& model, const VarMatrix<typename M::value_type>& x, const Pass& pass) {
  { model.tape() } -> std::convertible_to<Tape<typename M::value_type>&>;
  { model.inputs() } -> std::convertible_to<std::size_t>;
  { model.outputs() } -> std::convertible_to<std::size_t>;
  { model(x, pass) } -> std::convertible_to<VarMatrix<typename M::value_type>>;
};

/// Gathers the rows of a batch into matrices. Its memory is kept from batch to batch.
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

// What the loss is, if the samples fit it and a model of so many inputs and outputs.
template <class T>
Loss demand_fit(std::string_view operation, const Samples<T>& samples, std::size_t inputs, std::size_t outputs,
                Loss loss, double huber_delta);
extern template Loss demand_fit(std::string_view, const Samples<float>&, std::size_t, std::size_t, Loss, double);
extern template Loss demand_fit(std::string_view, const Samples<double>&, std::size_t, std::size_t, Loss, double);

// work(), and then the tape is as it was before, even if something was thrown.
template <class T, class Work>
void off_the_tape(Tape<T>& tape, Work&& work) {
  const auto here = tape.mark();
  try {
    work();
  } catch (...) {
    tape.rewind(here);
    throw;
  }
  tape.rewind(here);
}

// work(batch, outputs) for all samples, some at a time, each recorded and taken off the tape again.
template <class Model, class T, class Work>
void for_each_piece(Model& model, const Samples<T>& samples, Loss loss, Work&& work) {
  BatchRows<T> rows;
  for (std::size_t i = 0; i < samples.size(); i += rows_at_once) {
    const auto batch = rows.gather(samples, i, std::min(i + rows_at_once, samples.size()), loss);
    const std::size_t count = batch.inputs.size() / samples.features;
    off_the_tape(model.tape(),
                 [&] { work(batch, model(VarMatrix<T>::constant(batch.inputs, count, samples.features), Pass{})); });
  }
}

template <class Model>
void write_parameters(Model& model, const auto& values) {
  using T = typename Model::value_type;
  std::ranges::transform(values, model.tape().update_parameters().begin(), [](auto x) { return static_cast<T>(x); });
}

}  // namespace training_detail

/// The loss of a model over samples and its score: the accuracy for labels, R² for numbers. Throws ShapeError where the
/// samples do not fit the model.
template <TrainableModel Model>
Metrics evaluate(Model& model, const Samples<typename Model::value_type>& samples, Loss loss = Loss::automatic,
                 double huber_delta = 1) {
  using T = typename Model::value_type;
  loss = training_detail::demand_fit("evaluate", samples, model.inputs(), model.outputs(), loss, huber_delta);
  const bool of_logits = loss == Loss::logistic_cross_entropy && !samples.has_labels();
  ScoreKeeper score(samples.has_labels());
  training_detail::for_each_piece(model, samples, loss, [&](const Batch<T>& batch, const VarMatrix<T>& outputs) {
    const double value = static_cast<double>(loss_of(loss, huber_delta, outputs, batch).value());
    score.add(value, (of_logits ? sigmoid(outputs) : outputs).value(), batch);
  });
  return score.metrics();
}

/// The loss of a model over all samples as an Objective of its parameters: every method of descent walks on it. The
/// model's parameters are the point of the last evaluation. Throws ShapeError where the samples do not fit the model,
/// and so does the objective for a point of another size. The model and the samples must outlive it.
template <TrainableModel Model>
auto objective_of(Model& model, const Samples<typename Model::value_type>& samples, Loss loss = Loss::automatic,
                  double huber_delta = 1) {
  using T = typename Model::value_type;
  loss = training_detail::demand_fit("objective_of", samples, model.inputs(), model.outputs(), loss, huber_delta);
  return [&model, &samples, loss, huber_delta, swept = Gradient<T>()](std::span<const double> point,
                                                                      std::span<double> gradient) mutable -> double {
    const std::size_t parameters = model.tape().parameters().size();
    for (const std::size_t size : {point.size(), gradient.size()})
      if (size != parameters)
        misuse::different_sizes("objective_of, parameters and point or gradient", parameters, size);
    training_detail::write_parameters(model, point);
    std::ranges::fill(gradient, 0.0);
    double total = 0;
    training_detail::for_each_piece(model, samples, loss, [&](const Batch<T>& batch, const VarMatrix<T>& outputs) {
      const double share = static_cast<double>(outputs.rows()) / static_cast<double>(samples.size());
      const Var<T> piece = loss_of(loss, huber_delta, outputs, batch);
      model.tape().gradient(piece, swept);
      total += share * static_cast<double>(piece.value());
      for (std::size_t i = 0; i < parameters; ++i) gradient[i] += share * static_cast<double>(swept.parameters()[i]);
    });
    return total;
  };
}

/// Not of temporary samples, which would be gone when the objective is called.
template <TrainableModel Model>
auto objective_of(Model& model, const Samples<typename Model::value_type>&& samples, Loss loss = Loss::automatic,
                  double huber_delta = 1) = delete;

}  // namespace downhill
