#pragma once
/// \file
/// The layers of a network. A layer is a small struct of options that says what is computed, and from how many
/// parameters.
///
/// A batch is a matrix, a sample a row. Where samples are images, a row holds the pixels row after row, the channels of
/// a pixel side by side. A layer is told the shape of one sample.

#include <concepts>
#include <cstddef>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <autodiff/calculus/type_list.hpp>
#include <autodiff/matrix.hpp>
#include <models/network/activation.hpp>
#include <models/network/initialise.hpp>

namespace downhill {

/// The shape of one sample: so many features, or an image of height x width pixels with so many channels each.
struct SampleShape {
  std::size_t height = 1, width = 1, channels = 0;

  SampleShape() = default;
  SampleShape(std::size_t features) : channels(features) {}
  SampleShape(std::size_t rows, std::size_t columns, std::size_t of_each)
      : height(rows), width(columns), channels(of_each) {}
  bool is_flat() const { return height == 1 && width == 1; }
  std::size_t size() const { return height * width * channels; }
  /// "64" or "28 x 28 x 1".
  std::string text() const;
  bool operator==(const SampleShape&) const = default;
};

/// What a layer needs to know of a pass through the network.
struct Pass {
  std::mt19937_64* dropout = nullptr;  ///< set in training: the generator that says what to drop
  RowsOfBatch rows = {};               ///< of a batch that several processes share, which rows these are
};

/// The parameters of a layer of one kind: a matrix, and how it starts.
struct ParameterShape {
  std::string_view name;
  std::size_t rows, columns;
  Initialiser start;
  std::size_t fan_in = 1, fan_out = 1;

  std::size_t size() const { return rows * columns; }
};

// Every layer has these members, and takes its place in the list AllLayers below. `in` is the shape of a sample as it
// comes in; `output` throws ShapeError where it does not fit, OptionError for an option of the layer outside its
// domain.
//
//     static constexpr std::string_view name                         "Dense", also in files
//     void for_each_option(Visit&& visit)                            visit(key, member): what is written and read
//     std::string text() const                                       "Dense 64, relu"
//     SampleShape output(const SampleShape& in) const
//     std::vector<ParameterShape> parameters(const SampleShape& in) const
//     double flops(const SampleShape& in) const                      of the forward pass, of a sample
//
// What it computes is in `forward`.

namespace layers_detail {

template <class Visit>
void for_each_option(Window& window, Visit&& visit) {
  visit("height", window.height);
  visit("width", window.width);
  visit("stride", window.stride);
  visit("padding", window.padding);
}

}  // namespace layers_detail

/// f(x W + b), W of inputs x outputs.
struct Dense {
  std::size_t outputs = 1;
  Activation activation = Activation::none;
  Initialiser initialiser = Initialiser::automatic;
  bool bias = true;

  static constexpr std::string_view name = "Dense";
  /// Calls visit(key, member) for what is written to files and read from them.
  template <class Visit>
  void for_each_option(Visit&& visit) {
    visit("outputs", outputs);
    visit("activation", activation);
    visit("initialiser", initialiser);
    visit("bias", bias);
  }
  std::string text() const;
  SampleShape output(const SampleShape& in) const;
  std::vector<ParameterShape> parameters(const SampleShape& in) const;
  double flops(const SampleShape& in) const;
};

/// Windows of the image times a filter for each output channel, plus a bias: see convolution. The weights are (window x
/// channels) x outputs. `window.padding` says how many rows and columns of 0 are put around the image.
struct Conv2d {
  std::size_t channels = 1;
  Window window = {.height = 3, .width = 3, .padding = 1};
  Activation activation = Activation::none;
  Initialiser initialiser = Initialiser::automatic;

  static constexpr std::string_view name = "Conv2d";
  /// Calls visit(key, member) for what is written to files and read from them.
  template <class Visit>
  void for_each_option(Visit&& visit) {
    visit("channels", channels);
    visit("activation", activation);
    visit("initialiser", initialiser);
    layers_detail::for_each_option(window, visit);
  }
  std::string text() const;
  SampleShape output(const SampleShape& in) const;
  std::vector<ParameterShape> parameters(const SampleShape& in) const;
  double flops(const SampleShape& in) const;
};

/// What is taken of each window.
enum class Pooling { largest, mean };

/// The largest, or the mean, of each window and channel.
template <Pooling of>
struct Pool2d {
  Window window = {.height = 2, .width = 2, .stride = 2};

  static constexpr std::string_view name = of == Pooling::largest ? "MaxPool2d" : "AveragePool2d";
  /// Calls visit(key, member) for what is written to files and read from them.
  template <class Visit>
  void for_each_option(Visit&& visit) {
    layers_detail::for_each_option(window, visit);
  }
  std::string text() const;
  SampleShape output(const SampleShape& in) const;
  std::vector<ParameterShape> parameters(const SampleShape&) const { return {}; }
  double flops(const SampleShape& in) const;
};
/// The largest of each window and channel.
using MaxPool2d = Pool2d<Pooling::largest>;
/// The mean of each window and channel.
using AveragePool2d = Pool2d<Pooling::mean>;
extern template struct Pool2d<Pooling::largest>;
extern template struct Pool2d<Pooling::mean>;

/// Rows of mean 0 and variance 1, times a gain, plus a bias: see layer_norm.
struct LayerNorm {
  double epsilon = 1e-5;

  static constexpr std::string_view name = "LayerNorm";
  /// Calls visit(key, member) for what is written to files and read from them.
  template <class Visit>
  void for_each_option(Visit&& visit) {
    visit("epsilon", epsilon);
  }
  std::string text() const;
  SampleShape output(const SampleShape& in) const;
  std::vector<ParameterShape> parameters(const SampleShape& in) const;
  double flops(const SampleShape& in) const;
};

/// In training, elements are dropped with this probability: see dropout. Otherwise nothing happens.
struct Dropout {
  double rate = 0.5;

  static constexpr std::string_view name = "Dropout";
  /// Calls visit(key, member) for what is written to files and read from them.
  template <class Visit>
  void for_each_option(Visit&& visit) {
    visit("rate", rate);
  }
  std::string text() const;
  SampleShape output(const SampleShape& in) const;
  std::vector<ParameterShape> parameters(const SampleShape&) const { return {}; }
  double flops(const SampleShape& in) const;
};

/// Takes an image as a row of features. The elements stay where they are.
struct Flatten {
  static constexpr std::string_view name = "Flatten";
  template <class Visit>
  void for_each_option(Visit&&) {}
  std::string text() const { return std::string(name); }
  SampleShape output(const SampleShape& in) const { return in.size(); }
  std::vector<ParameterShape> parameters(const SampleShape&) const { return {}; }
  double flops(const SampleShape&) const { return 0; }
};

/// What a type needs to be a layer: the members of every layer, and
///
///     template <class T>
///     VarMatrix<T> forward(const VarMatrix<T>& x, std::span<const VarMatrix<T>> parameters, const Pass& pass) const
///
/// which computes what a batch x becomes, for both float and double. See docs/extending.md.
template <class L>
concept LayerOfOnesOwn =
    requires(const L& layer, const SampleShape& in, const VarMatrix<float>& x, const VarMatrix<double>& y,
             std::span<const VarMatrix<float>> of_x, std::span<const VarMatrix<double>> of_y, const Pass& pass) {
      { layer.text() } -> std::convertible_to<std::string>;
      { layer.output(in) } -> std::convertible_to<SampleShape>;
      { layer.parameters(in) } -> std::convertible_to<std::vector<ParameterShape>>;
      { layer.flops(in) } -> std::convertible_to<double>;
      { layer.forward(x, of_x, pass) } -> std::same_as<VarMatrix<float>>;
      { layer.forward(y, of_y, pass) } -> std::same_as<VarMatrix<double>>;
    };

/// A layer of one's own among those of the library. A file has only its text: `load_parameters` reads into a network
/// that is there, where `load_network` would have to know the type.
class CustomLayer {
 public:
  template <LayerOfOnesOwn L>
  CustomLayer(L layer) : layer_(std::make_shared<const Kept<L>>(std::move(layer))) {}

  std::string text() const { return layer_->text(); }
  SampleShape output(const SampleShape& in) const { return layer_->output(in); }
  std::vector<ParameterShape> parameters(const SampleShape& in) const { return layer_->parameters(in); }
  double flops(const SampleShape& in) const { return layer_->flops(in); }
  /// What the layer computes of a batch x.
  template <class T>
  VarMatrix<T> forward(const VarMatrix<T>& x, std::span<const VarMatrix<T>> parameters, const Pass& pass) const {
    return layer_->forward(x, parameters, pass);
  }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual std::string text() const = 0;
    virtual SampleShape output(const SampleShape& in) const = 0;
    virtual std::vector<ParameterShape> parameters(const SampleShape& in) const = 0;
    virtual double flops(const SampleShape& in) const = 0;
    virtual VarMatrix<float> forward(const VarMatrix<float>& x, std::span<const VarMatrix<float>> parameters,
                                     const Pass& pass) const = 0;
    virtual VarMatrix<double> forward(const VarMatrix<double>& x, std::span<const VarMatrix<double>> parameters,
                                      const Pass& pass) const = 0;
  };
  template <class L>
  struct Kept final : Any {
    explicit Kept(L own) : layer(std::move(own)) {}
    std::string text() const override { return layer.text(); }
    SampleShape output(const SampleShape& in) const override { return layer.output(in); }
    std::vector<ParameterShape> parameters(const SampleShape& in) const override { return layer.parameters(in); }
    double flops(const SampleShape& in) const override { return layer.flops(in); }
    VarMatrix<float> forward(const VarMatrix<float>& x, std::span<const VarMatrix<float>> parameters,
                             const Pass& pass) const override {
      return layer.forward(x, parameters, pass);
    }
    VarMatrix<double> forward(const VarMatrix<double>& x, std::span<const VarMatrix<double>> parameters,
                              const Pass& pass) const override {
      return layer.forward(x, parameters, pass);
    }
    L layer;
  };
  std::shared_ptr<const Any> layer_;
};

/// All layers of the library: what files hold and the tests of layers come from this list.
using AllLayers = TypeList<Dense, LayerNorm, Dropout, Flatten, Conv2d, MaxPool2d, AveragePool2d>;
/// One layer of any kind.
using Layer = decltype(AllLayers{} + TypeList<CustomLayer>{})::In<std::variant>;

/// What a layer computes of a batch x, from its parameters in the order of its list.
template <class T>
VarMatrix<T> forward(const Layer& layer, const VarMatrix<T>& x, const SampleShape& in,
                     std::span<const VarMatrix<T>> parameters, const Pass& pass);
extern template VarMatrix<float> forward(const Layer&, const VarMatrix<float>&, const SampleShape&,
                                         std::span<const VarMatrix<float>>, const Pass&);
extern template VarMatrix<double> forward(const Layer&, const VarMatrix<double>&, const SampleShape&,
                                          std::span<const VarMatrix<double>>, const Pass&);

}  // namespace downhill
