#pragma once
/// \file
/// What one rank has of the samples, and what all of them together say of it: the scaling and the metrics are those of
/// one process that has all samples.

#include <cstddef>
#include <span>
#include <vector>

#include <models/data/dataset.hpp>
#include <models/data/samples.hpp>
#include <models/ranks/ranks.hpp>
#include <models/training/evaluation.hpp>

namespace downhill {

/// Some of the samples: each is on one rank. A rank may have none.
template <class T>
struct PartOfSamples {
  Samples<T> samples;                ///< of this rank
  std::vector<std::size_t> numbers;  ///< of each of them among all, from 0
  std::size_t of = 0;                ///< how many all ranks have
};

/// The samples of this rank, where every rank has all: those with the numbers rank, rank + n, rank + 2 n, ...
template <class T>
PartOfSamples<T> part_of(const Ranks& ranks, const Samples<T>& all);

/// As `standardise` (data/dataset.hpp) of the rows of all ranks, to the last digit or two. Throws ShapeError if they
/// are not whole, or no rank has any.
template <class T>
TableScaling standardise(const Ranks& ranks, std::span<const T> rows, std::size_t columns);

namespace ranks_detail {

// What is known of the samples of a rank, added up.
struct Score {
  bool has_labels;
  double samples = 0, losses = 0, right = 0;
  std::vector<double> errors;  // of each output, squared

  template <class Matrix, class T>
  void add(double loss, const Matrix& outputs, const Batch<T>& batch) {
    const auto rows = static_cast<std::size_t>(outputs.rows()), columns = static_cast<std::size_t>(outputs.cols());
    samples += static_cast<double>(rows), losses += loss * static_cast<double>(rows);
    if (has_labels) {
      const std::vector<std::size_t> classes = predicted_classes(outputs);
      for (std::size_t i = 0; i < rows; ++i) right += classes[i] == batch.labels[i] ? 1 : 0;
    } else {
      for (std::size_t i = 0; i < rows * columns; ++i) {
        const double error = static_cast<double>(outputs.data()[i]) - static_cast<double>(batch.targets[i]);
        errors[i % columns] += error * error;
      }
    }
  }
};

// The metrics of the samples of all ranks, of which these are the targets of this one.
template <class T>
Metrics metrics_of(const Ranks& ranks, const Score& score, std::span<const T> targets);
extern template Metrics metrics_of(const Ranks&, const Score&, std::span<const float>);
extern template Metrics metrics_of(const Ranks&, const Score&, std::span<const double>);

// What the samples of all ranks are: a rank without any knows nothing of its own.
struct Kind {
  Loss loss;
  bool has_labels;
};
template <class T>
Kind kind_of(const Ranks& ranks, std::string_view operation, const Samples<T>& own, std::size_t inputs,
             std::size_t outputs, Loss loss, double huber_delta);
extern template Kind kind_of(const Ranks&, std::string_view, const Samples<float>&, std::size_t, std::size_t, Loss,
                             double);
extern template Kind kind_of(const Ranks&, std::string_view, const Samples<double>&, std::size_t, std::size_t, Loss,
                             double);

}  // namespace ranks_detail

/// As `evaluate` (training/evaluation.hpp) of the samples of all ranks, of which these are the ones of this rank; the
/// same bits on all ranks. Throws ShapeError where they do not fit the model, or no rank has any.
template <TrainableModel Model>
Metrics evaluate(const Ranks& ranks, Model& model, const Samples<typename Model::value_type>& own,
                 Loss loss = Loss::automatic, double huber_delta = 1) {
  using T = typename Model::value_type;
  const ranks_detail::Kind kind =
      ranks_detail::kind_of(ranks, "evaluate", own, model.inputs(), model.outputs(), loss, huber_delta);
  const bool of_logits = kind.loss == Loss::logistic_cross_entropy && !kind.has_labels;
  ranks_detail::Score score{.has_labels = kind.has_labels, .errors = std::vector<double>(model.outputs())};
  training_detail::for_each_piece(model, own, kind.loss, [&](const Batch<T>& batch, const VarMatrix<T>& outputs) {
    const double value = static_cast<double>(loss_of(kind.loss, huber_delta, outputs, batch).value());
    score.add(value, (of_logits ? sigmoid(outputs) : outputs).value(), batch);
  });
  return ranks_detail::metrics_of(ranks, score, std::span<const T>(own.targets));
}

}  // namespace downhill
