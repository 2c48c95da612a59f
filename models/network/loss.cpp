#include <models/network/loss.hpp>

#include <fmt/format.h>

#include <autodiff/error.hpp>

namespace downhill {

std::string_view name(Loss loss) {
  switch (loss) {
    case Loss::automatic: return "automatic";
    case Loss::softmax_cross_entropy: return "softmax_cross_entropy";
    case Loss::logistic_cross_entropy: return "logistic_cross_entropy";
    case Loss::mean_squared_error: return "mean_squared_error";
    case Loss::huber: return "huber";
  }
  return "unknown";
}

template <class T>
Loss chosen_loss(Loss loss, const Samples<T>& samples, std::size_t outputs) {
  if (loss == Loss::automatic)
    loss = !samples.has_labels() ? Loss::mean_squared_error
           : outputs == 1        ? Loss::logistic_cross_entropy
                                 : Loss::softmax_cross_entropy;
  const auto demand = [&](bool holds, std::string_view what) {
    if (!holds) throw ShapeError(fmt::format("{}: {}", name(loss), what));
  };
  switch (loss) {
    case Loss::softmax_cross_entropy:
      demand(samples.has_labels(), "the samples have no labels; mean_squared_error is for numbers");
      demand(samples.classes() <= outputs,
             fmt::format("the model has {} outputs for {} classes; its last layer needs one for each", outputs,
                         samples.classes()));
      break;
    case Loss::logistic_cross_entropy:
      if (samples.has_labels()) {
        demand(outputs == 1, fmt::format("the model has {} outputs; it needs one, or softmax_cross_entropy", outputs));
        demand(samples.classes() <= 2,
               fmt::format("{} classes; with more than two, softmax_cross_entropy and an output for each",
                           samples.classes()));
        break;
      }
      [[fallthrough]];
    default:
      demand(!samples.has_labels(), "the samples have labels, not numbers; the cross entropies are for labels");
      demand(samples.outputs == outputs,
             fmt::format("the model has {} outputs, and the samples have {} targets each", outputs, samples.outputs));
  }
  return loss;
}

template <class T>
Var<T> loss_of(Loss loss, double huber_delta, const VarMatrix<T>& outputs, const Batch<T>& batch) {
  const auto targets = [&] { return VarMatrix<T>::constant(batch.targets, outputs.rows(), outputs.columns()); };
  switch (loss) {
    case Loss::softmax_cross_entropy: return softmax_cross_entropy(outputs, batch.labels);
    case Loss::logistic_cross_entropy: return logistic_cross_entropy(outputs, batch.targets);
    case Loss::huber: return huber_loss(outputs, targets(), huber_delta);
    case Loss::mean_squared_error:
    case Loss::automatic: break;
  }
  return mean_squared_error(outputs, targets());
}

template Loss chosen_loss(Loss, const Samples<float>&, std::size_t);
template Loss chosen_loss(Loss, const Samples<double>&, std::size_t);
template Var<float> loss_of(Loss, double, const VarMatrix<float>&, const Batch<float>&);
template Var<double> loss_of(Loss, double, const VarMatrix<double>&, const Batch<double>&);

}  // namespace downhill
