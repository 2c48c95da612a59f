#include <models/network/loss.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <autodiff/calculus/type_list.hpp>
#include <autodiff/error.hpp>
#include <autodiff/text/names.hpp>

namespace downhill {
namespace {

// What the samples and the outputs of a model must be to each other.
struct Fit {
  Loss loss;
  bool has_labels;
  std::size_t classes, targets, outputs;

  void demand(bool holds, std::string_view what) const {
    if (!holds) throw ShapeError(fmt::format("{}: {}", name(loss), what));
  }
  void demand_numbers() const {
    demand(!has_labels, "the samples have labels, not numbers; the cross entropies are for labels");
    demand(targets == outputs,
           fmt::format("the model has {} outputs, and the samples have {} targets each", outputs, targets));
  }
};

template <class T>
VarMatrix<T> targets_of(const Batch<T>& batch, const VarMatrix<T>& outputs) {
  return VarMatrix<T>::constant(batch.targets, outputs.rows(), outputs.columns());
}

struct SoftmaxCrossEntropy {
  static constexpr Loss loss = Loss::softmax_cross_entropy;
  static void demand(const Fit& fit) {
    fit.demand(fit.has_labels, "the samples have no labels; mean_squared_error is for numbers");
    fit.demand(fit.classes <= fit.outputs,
               fmt::format("the model has {} outputs for {} classes; its last layer needs one for each", fit.outputs,
                           fit.classes));
  }
  template <class T>
  static Var<T> of(const VarMatrix<T>& outputs, const Batch<T>& batch, double) {
    return softmax_cross_entropy(outputs, batch.labels);
  }
};

struct LogisticCrossEntropy {
  static constexpr Loss loss = Loss::logistic_cross_entropy;
  static void demand(const Fit& fit) {
    if (!fit.has_labels) return fit.demand_numbers();
    fit.demand(fit.outputs == 1,
               fmt::format("the model has {} outputs; it needs one, or softmax_cross_entropy", fit.outputs));
    fit.demand(
        fit.classes <= 2,
        fmt::format("{} classes; with more than two, softmax_cross_entropy and an output for each", fit.classes));
  }
  template <class T>
  static Var<T> of(const VarMatrix<T>& outputs, const Batch<T>& batch, double) {
    return logistic_cross_entropy(outputs, batch.targets);
  }
};

struct MeanSquaredError {
  static constexpr Loss loss = Loss::mean_squared_error;
  static void demand(const Fit& fit) { fit.demand_numbers(); }
  template <class T>
  static Var<T> of(const VarMatrix<T>& outputs, const Batch<T>& batch, double) {
    return mean_squared_error(outputs, targets_of(batch, outputs));
  }
};

struct MeanHuberLoss {
  static constexpr Loss loss = Loss::huber;
  static void demand(const Fit& fit) { fit.demand_numbers(); }
  template <class T>
  static Var<T> of(const VarMatrix<T>& outputs, const Batch<T>& batch, double delta) {
    return huber_loss(outputs, targets_of(batch, outputs), delta);
  }
};

using AllLosses = TypeList<SoftmaxCrossEntropy, LogisticCrossEntropy, MeanSquaredError, MeanHuberLoss>;

template <class... L>
constexpr bool has_each_once(TypeList<L...>) {
  return std::ranges::all_of(
      enumerators<Loss>, [](Loss loss) { return loss == Loss::automatic || ((L::loss == loss ? 1 : 0) + ...) == 1; });
}
static_assert(has_each_once(AllLosses{}), "a loss has no struct in this list, or two");

}  // namespace

std::string_view name(Loss loss) { return enumerator_name(loss); }

Loss loss_called(std::string_view name) { return enumerator_called<Loss>("loss", name); }

template <class T>
Loss chosen_loss(Loss loss, const Samples<T>& samples, std::size_t outputs) {
  if (loss == Loss::automatic)
    loss = !samples.has_labels() ? Loss::mean_squared_error
           : outputs == 1        ? Loss::logistic_cross_entropy
                                 : Loss::softmax_cross_entropy;
  const Fit fit{.loss = loss,
                .has_labels = samples.has_labels(),
                .classes = samples.has_labels() ? samples.classes() : 0,
                .targets = samples.outputs,
                .outputs = outputs};
  AllLosses::for_each([&]<class L>(std::type_identity<L>) {
    if (L::loss == loss) L::demand(fit);
  });
  return loss;
}

template <class T>
Var<T> loss_of(Loss loss, double huber_delta, const VarMatrix<T>& outputs, const Batch<T>& batch) {
  std::optional<Var<T>> value;
  AllLosses::for_each([&]<class L>(std::type_identity<L>) {
    if (L::loss == loss) value = L::of(outputs, batch, huber_delta);
  });
  if (!value) throw OptionError("loss_of: no loss was chosen; chosen_loss says which one fits the samples");
  return *std::move(value);
}

template Loss chosen_loss(Loss, const Samples<float>&, std::size_t);
template Loss chosen_loss(Loss, const Samples<double>&, std::size_t);
template Var<float> loss_of(Loss, double, const VarMatrix<float>&, const Batch<float>&);
template Var<double> loss_of(Loss, double, const VarMatrix<double>&, const Batch<double>&);

}  // namespace downhill
