#pragma once
/// \file
/// A network: layers one behind the other, their parameters in one span on a tape of its own.
///
///     Mlp<float> network({.input = 64, .layers = {Dense{64, Activation::relu}, Dense{10}}, .seed = 1});
///     fit(network, digits, Adam{}, {.epochs = 20});
///     save(network, "digits.safetensors");
///
/// Its outputs are what the last layer gives: for classes the logits, of which `softmax` makes probabilities.

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <autodiff/matrix.hpp>
#include <models/network/architecture.hpp>

namespace downhill {

/// A multi-layer perceptron, or any other network whose layers follow one another: a layer may be any of layers.hpp.
template <class T = float>
class Mlp {
 public:
  using value_type = T;
  using Matrix = typename VarMatrix<T>::Matrix;

  /// A matrix among the parameters: which layer it belongs to, and where its values stand.
  struct Parameter {
    std::string name;  ///< "0.weight": the layer, from 0, and what it is there
    std::size_t begin, rows, columns;
  };

  /// Throws ShapeError where a layer does not fit what comes before it, OptionError for an option outside its domain.
  explicit Mlp(Architecture architecture);
  /// A copy has a tape of its own, with the same parameters.
  Mlp(const Mlp& other);
  Mlp& operator=(const Mlp& other);
  Mlp(Mlp&&) noexcept = default;
  Mlp& operator=(Mlp&&) noexcept = default;
  ~Mlp() = default;

  /// Records the network over a batch, a sample a row, on its tape. Throws ShapeError unless x has as many columns as
  /// the input has features.
  VarMatrix<T> operator()(const VarMatrix<T>& x, const Pass& pass = {}) const;
  /// The outputs for some samples, row after row, computed some at a time. Nothing stays on the tape. Throws ShapeError
  /// unless the rows are whole.
  template <class M = Matrix>  // so that it is compiled, and the matrix gets its memory, where it is used
  M predict(std::span<const T> inputs) const {
    M result(static_cast<Eigen::Index>(inputs.size() / this->inputs()), static_cast<Eigen::Index>(outputs()));
    predict(inputs, {result.data(), static_cast<std::size_t>(result.size())});
    return result;
  }
  /// Writes the outputs to `into`. Throws ShapeError also where `into` has not exactly their number of elements.
  void predict(std::span<const T> inputs, std::span<T> into) const;

  Tape<T>& tape() const { return *tape_; }
  std::size_t inputs() const { return architecture_.input.size(); }
  std::size_t outputs() const { return shapes_.back().size(); }
  const Architecture& architecture() const { return architecture_; }
  /// All parameters, one behind the other; for a step of descent, to write.
  std::span<const T> parameters() const& { return tape_->parameters(); }
  /// Of a temporary, the numbers themselves: a span would outlive them.
  std::vector<T> parameters() && {
    const std::span<const T> numbers = parameters();
    return {numbers.begin(), numbers.end()};
  }
  std::span<T> update_parameters() & { return tape_->update_parameters(); }
  const std::vector<Parameter>& parameter_list() const { return list_; }
  /// The values of one of them. Throws OptionError for a name that none has, and lists those that there are.
  Eigen::Map<const Matrix> parameter(std::string_view name) const&;
  Matrix parameter(std::string_view name) && { return parameter(name); }

  /// A table: the layers, their shapes, parameters, memory, and floating-point operations for a step of training with
  /// batches of this size.
  std::string summary(std::size_t batch = 32) const;

 private:
  Architecture architecture_;
  std::vector<SampleShape> shapes_;  // of a sample: as it comes in, and behind each layer
  std::unique_ptr<Tape<T>> tape_;    // stays where it is when the network moves
  std::vector<Parameter> list_;
  std::vector<std::vector<VarMatrix<T>>> parameters_;  // of each layer
};

extern template class Mlp<float>;
extern template class Mlp<double>;

}  // namespace downhill
