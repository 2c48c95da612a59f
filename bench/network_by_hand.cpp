#include <algorithm>
#include <cmath>

#include "descent.hpp"
#include "networks.hpp"

namespace downhill::bench {

using Index = Eigen::Index;

NetworkByHand::NetworkByHand(const std::vector<std::size_t>& sizes, std::size_t batch, Hidden hidden,
                             std::span<const float> parameters)
    : hidden_(hidden),
      parameters_(parameters.begin(), parameters.end()),
      gradient_(parameters.size()),
      m_(parameters.size()),
      v_(parameters.size()) {
  std::size_t at = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const std::size_t in = sizes[i - 1], out = sizes[i];
    layers_.push_back({at, at + in * out, in, out, {}, {}});
    layers_.back().y.resize(static_cast<Index>(batch), static_cast<Index>(out));
    layers_.back().dy.resize(static_cast<Index>(batch), static_cast<Index>(out));
    at += (in + 1) * out;
  }
}

auto NetworkByHand::weights(std::vector<float>& of, const Layer& layer) {
  return Eigen::Map<Matrix>(of.data() + layer.weights, static_cast<Index>(layer.inputs),
                            static_cast<Index>(layer.outputs));
}
auto NetworkByHand::biases(std::vector<float>& of, const Layer& layer) {
  return Eigen::Map<Eigen::RowVectorXf>(of.data() + layer.biases, static_cast<Index>(layer.outputs));
}

float NetworkByHand::loss(const Matrix& x, std::span<const std::size_t> labels) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    layer.y.rowwise() = biases(parameters_, layer);
    layer.y.noalias() += (i == 0 ? x : layers_[i - 1].y) * weights(parameters_, layer);
    if (i + 1 == layers_.size()) break;
    if (hidden_ == Hidden::tanh)
      layer.y = layer.y.array().tanh();
    else
      layer.y = layer.y.array().max(0.0F);
  }
  const float value = loss_of_outputs(labels);
  for (std::size_t i = layers_.size(); i-- > 0;) {
    Layer& layer = layers_[i];
    weights(gradient_, layer).noalias() = (i == 0 ? x : layers_[i - 1].y).transpose() * layer.dy;
    biases(gradient_, layer) = layer.dy.colwise().sum();
    if (i == 0) break;
    Layer& below = layers_[i - 1];
    below.dy.noalias() = layer.dy * weights(parameters_, layer).transpose();
    if (hidden_ == Hidden::tanh)
      below.dy.array() *= 1 - below.y.array().square();
    else
      below.dy.array() *= (below.y.array() > 0).cast<float>();
  }
  return value;
}

float NetworkByHand::loss_of_outputs(std::span<const std::size_t> labels) {
  Layer& last = layers_.back();
  const auto samples = static_cast<float>(labels.size());
  float total = 0;
  if (last.outputs == 1) {
    auto y = last.y.array(), dy = last.dy.array();
    dy = 1 / (1 + (-y).exp());
    total = (y.max(0.0F) + (-y.abs()).exp().log1p()).sum();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == 0) continue;
      total -= last.y(static_cast<Index>(i), 0);
      last.dy(static_cast<Index>(i), 0) -= 1;
    }
  } else {
    last.dy = (last.y.colwise() - last.y.rowwise().maxCoeff()).array().exp();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto row = static_cast<Index>(i), label = static_cast<Index>(labels[i]);
      const float sum = last.dy.row(row).sum();
      total -= std::log(last.dy(row, label) / sum);
      last.dy.row(row) /= sum;
      last.dy(row, label) -= 1;
    }
  }
  last.dy /= samples;
  return total / samples;
}

void NetworkByHand::restart(std::span<const float> parameters) { std::ranges::copy(parameters, parameters_.begin()); }

void NetworkByHand::descend(float rate) {
  Eigen::Map<Eigen::ArrayXf>(parameters_.data(), static_cast<Index>(parameters_.size())) -=
      rate * Eigen::Map<const Eigen::ArrayXf>(gradient_.data(), static_cast<Index>(gradient_.size()));
}

void NetworkByHand::adam(float rate) { adam_by_hand(parameters_, gradient_, m_, v_, rate, ++k_); }

}  // namespace downhill::bench
