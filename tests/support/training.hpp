#pragma once
// Small models that tests train, and helpers to look at how they did.

#include <span>
#include <stdexcept>
#include <vector>

#include <models/network/network.hpp>
#include <models/training/training.hpp>

namespace downhill::training_support {

template <class Model>
auto parameters_of(Model& model) {
  const auto parameters = model.tape().parameters();
  return std::vector(parameters.begin(), parameters.end());
}

/// A network for two_moons, with dropout, so that its training depends on random numbers.
template <class T>
Mlp<T> with_dropout() {
  return Mlp<T>({.input = 2, .layers = {Dense{8, Activation::tanh}, LayerNorm{}, Dropout{0.3}, Dense{2}}, .seed = 3});
}

/// y = a x where x > 0, b x elsewhere, sample by sample in scalars. Throws when asked to.
class TwoSlopes {
 public:
  using value_type = double;

  TwoSlopes() {
    static_cast<void>(tape_.variable(0.5));
    static_cast<void>(tape_.variable(0.5));
  }
  Tape<double>& tape() { return tape_; }
  std::size_t inputs() const { return 1; }
  std::size_t outputs() const { return 1; }
  VarMatrix<double> operator()(const VarMatrix<double>& x, const Pass& pass) {
    std::vector<VarMatrix<double>> y;
    const Var<double> a = tape_.parameter(0), b = tape_.parameter(1);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const Var<double> at = x(i, 0);
      y.emplace_back(at.value() > 0 ? a * at : b * at);
    }
    if (pass.dropout != nullptr && ++calls_ == throws_at) throw std::runtime_error("the model broke");
    return concatenate_rows(std::span<const VarMatrix<double>>(y));
  }

  int throws_at = 0;  ///< in this call of training

 private:
  Tape<double> tape_;
  int calls_ = 0;
};

}  // namespace downhill::training_support
