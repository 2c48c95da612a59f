#pragma once
/// \file
/// The two classifiers that have one layer: their loss is convex, so it has one lowest value, and every method of
/// descent leads there.

#include <cstddef>
#include <span>
#include <vector>

#include <models/network/network.hpp>

namespace downhill {

/// p(class 1 | x) = sigmoid(x w + b). Starts at 0. Cox, "The regression analysis of binary sequences" (1958).
template <class T = double>
class LogisticRegression : public Mlp<T> {
 public:
  explicit LogisticRegression(std::size_t features)
      : Mlp<T>({.input = features, .layers = {Dense{.outputs = 1, .initialiser = Initialiser::zeros}}}) {}

  /// The weights w, one for each feature: how much the logarithm of the odds grows when the feature grows by 1.
  std::span<const T> weights() const& { return this->parameters().first(this->inputs()); }
  std::vector<T> weights() && {
    const std::span<const T> numbers = weights();
    return {numbers.begin(), numbers.end()};
  }
  T bias() const { return this->parameters().back(); }
  /// p(class 1) of each row. Throws ShapeError unless the rows are whole.
  std::vector<T> probabilities(std::span<const T> inputs) const {
    const auto logits = this->predict(inputs);
    std::vector<T> p(static_cast<std::size_t>(logits.size()));
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = sigmoid(logits(static_cast<Eigen::Index>(i), 0));
    return p;
  }
};

/// p(class k | x) = softmax(x W + b)_k. Starts at 0.
template <class T = double>
class SoftmaxRegression : public Mlp<T> {
 public:
  SoftmaxRegression(std::size_t features, std::size_t classes)
      : Mlp<T>({.input = features, .layers = {Dense{.outputs = classes, .initialiser = Initialiser::zeros}}}) {}

  /// W, features x classes.
  auto weights() const { return this->parameter("0.weight"); }
  auto biases() const { return this->parameter("0.bias"); }
  /// p of each class, for each row. Throws ShapeError unless the rows are whole.
  typename Mlp<T>::Matrix probabilities(std::span<const T> inputs) const {
    return softmax(VarMatrix<T>(this->predict(inputs))).value();
  }
};

}  // namespace downhill
