#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <vector>

namespace downhill::bench {

/// Adds a training step of seven networks to the contenders, in float: as Mlp and fit take it, and, as P, the same step
/// written by hand with Eigen.
void add_networks();

/// A step of training of dense layers, written by hand with Eigen: nothing is allocated, and products write where their
/// result is wanted. The last layer's outputs are logits, of classes or, where there is one, of class 1.
class NetworkByHand {
 public:
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  enum class Hidden { tanh, relu };

  /// Parameters: the weights of a layer, inputs x outputs, then its biases, layer by layer.
  NetworkByHand(const std::vector<std::size_t>& sizes, std::size_t batch, Hidden hidden,
                std::span<const float> parameters);
  /// Forward and back: returns the loss, and leaves the gradient.
  float loss(const Matrix& x, std::span<const std::size_t> labels);
  void restart(std::span<const float> parameters);
  void descend(float rate);
  void adam(float rate);

  std::span<const float> parameters() const { return parameters_; }
  std::span<const float> gradient() const { return gradient_; }

 private:
  struct Layer {
    std::size_t weights, biases, inputs, outputs;  // where they begin
    Matrix y, dy;
  };
  auto weights(std::vector<float>& of, const Layer& layer);
  auto biases(std::vector<float>& of, const Layer& layer);
  float loss_of_outputs(std::span<const std::size_t> labels);

  Hidden hidden_;
  std::vector<float> parameters_, gradient_, m_, v_;
  std::vector<Layer> layers_;
  std::size_t k_ = 0;
};

}  // namespace downhill::bench
