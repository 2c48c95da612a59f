#pragma once
/// \file
/// The losses that training makes small.

#include <cstddef>
#include <span>
#include <string_view>

#include <autodiff/matrix.hpp>
#include <models/data/samples.hpp>

namespace downhill {

/// The loss that training makes small. To add one, write its name here, and its struct in loss.cpp.
enum class Loss {
  automatic,  ///< softmax_cross_entropy for labels, or with one output logistic_cross_entropy; mean_squared_error for
              ///< numbers
  softmax_cross_entropy,   ///< the outputs are the logits of the classes
  logistic_cross_entropy,  ///< the one output is the logit of class 1 against class 0; or targets in [0, 1], one for
                           ///< each
  mean_squared_error,
  huber  ///< see huber_loss
};

/// "automatic", "softmax_cross_entropy" and so on.
std::string_view name(Loss loss);
/// Throws OptionError for a name that no loss has, and lists those that there are.
Loss loss_called(std::string_view name);

/// What `automatic` stands for with these samples, or the loss itself. Throws ShapeError where the loss, the outputs of
/// the model and the samples do not fit together, and says what would.
template <class T>
Loss chosen_loss(Loss loss, const Samples<T>& samples, std::size_t outputs);

/// A batch as the loss sees it. For the logistic loss, BatchRows makes targets of labels.
template <class T>
struct Batch {
  std::span<const T> inputs;
  std::span<const std::size_t> labels;
  std::span<const T> targets;
};

/// The loss of a model's outputs for a batch.
template <class T>
Var<T> loss_of(Loss loss, double huber_delta, const VarMatrix<T>& outputs, const Batch<T>& batch);

}  // namespace downhill
