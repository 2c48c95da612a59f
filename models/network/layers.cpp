#include <models/network/layers.hpp>

#include <fmt/format.h>

#include <cmath>

#include <autodiff/error.hpp>

namespace downhill {
namespace {

Initialiser chosen(Initialiser initialiser, Activation activation) {
  return initialiser == Initialiser::automatic ? start_before(activation) : initialiser;
}

std::string with(std::string text, Activation activation) {
  if (activation != Activation::none) text += fmt::format(", {}", name(activation));
  return text;
}

}  // namespace

std::string SampleShape::text() const {
  return is_flat() ? fmt::format("{}", channels) : fmt::format("{} x {} x {}", height, width, channels);
}

// ---- Dense

std::string Dense::text() const { return with(fmt::format("{} {}", name, outputs), activation); }

SampleShape Dense::output(const SampleShape& in) const {
  if (!in.is_flat())
    throw ShapeError(fmt::format("Dense: the samples are images, {}; put Flatten before it", in.text()));
  if (in.size() == 0 || outputs == 0)
    throw ShapeError(
        fmt::format("Dense: {} inputs and {} outputs; there must be at least one of each", in.size(), outputs));
  return outputs;
}

std::vector<ParameterShape> Dense::parameters(const SampleShape& in) const {
  std::vector<ParameterShape> shapes{
      {"weight", in.size(), outputs, chosen(initialiser, activation), in.size(), outputs}};
  if (bias) shapes.push_back({"bias", 1, outputs, Initialiser::zeros});
  return shapes;
}

double Dense::flops(const SampleShape& in) const {
  return static_cast<double>(outputs) * (2 * static_cast<double>(in.size()) + (activation == Activation::none ? 0 : 1));
}

// ---- of images

namespace {

ImageShape image_of(const SampleShape& in) { return {in.height, in.width, in.channels}; }
SampleShape sample_of(const ImageShape& image) { return {image.height, image.width, image.channels}; }

double elements_read(const SampleShape& out, const Window& window) {
  return static_cast<double>(out.size()) * static_cast<double>(window.height * window.width);
}

std::string text_of(const Window& window) {
  std::string text = fmt::format("{} x {}", window.height, window.width);
  if (window.stride != 1) text += fmt::format(" / {}", window.stride);
  return text;
}

}  // namespace

std::string Conv2d::text() const { return with(fmt::format("{} {}, {}", name, channels, text_of(window)), activation); }

SampleShape Conv2d::output(const SampleShape& in) const { return sample_of(convolved(image_of(in), window, channels)); }

std::vector<ParameterShape> Conv2d::parameters(const SampleShape& in) const {
  const std::size_t pixels = window.height * window.width, inputs = pixels * in.channels;
  return {{"weight", inputs, channels, chosen(initialiser, activation), inputs, pixels * channels},
          {"bias", 1, channels, Initialiser::zeros}};
}

double Conv2d::flops(const SampleShape& in) const {
  return 2 * elements_read(output(in), window) * static_cast<double>(in.channels);
}

template <Pooling of>
std::string Pool2d<of>::text() const {
  return fmt::format("{} {}", name, text_of(window));
}
template <Pooling of>
SampleShape Pool2d<of>::output(const SampleShape& in) const {
  return sample_of(pooled(image_of(in), window));
}
template <Pooling of>
double Pool2d<of>::flops(const SampleShape& in) const {
  return elements_read(output(in), window);
}
template struct Pool2d<Pooling::largest>;
template struct Pool2d<Pooling::mean>;

// ---- LayerNorm

std::string LayerNorm::text() const { return std::string(name); }

SampleShape LayerNorm::output(const SampleShape& in) const {
  if (!(epsilon >= 0 && std::isfinite(epsilon)))
    throw OptionError(fmt::format("LayerNorm: epsilon is {}; it must be at least 0 and finite", epsilon));
  return in;
}

std::vector<ParameterShape> LayerNorm::parameters(const SampleShape& in) const {
  return {{"gain", 1, in.size(), Initialiser::ones}, {"bias", 1, in.size(), Initialiser::zeros}};
}

double LayerNorm::flops(const SampleShape& in) const { return 7 * static_cast<double>(in.size()); }

// ---- Dropout

std::string Dropout::text() const { return fmt::format("{} {}", name, rate); }

SampleShape Dropout::output(const SampleShape& in) const {
  if (!(rate >= 0 && rate < 1)) misuse::no_dropout_rate(rate);
  return in;
}

double Dropout::flops(const SampleShape& in) const { return static_cast<double>(in.size()); }

// ---- what they compute

namespace {

// A batch on its way through a layer.
template <class T>
struct Passing {
  const VarMatrix<T>& x;
  const SampleShape& in;
  std::span<const VarMatrix<T>> parameters;
  const Pass& pass;

  VarMatrix<T> operator()(const Dense& layer) const {
    return activated(layer.activation,
                     layer.bias ? affine(x, parameters[0], parameters[1]) : product(x, parameters[0]));
  }
  VarMatrix<T> operator()(const Conv2d& layer) const {
    return activated(layer.activation, convolution(x, image_of(in), parameters[0], parameters[1], layer.window));
  }
  VarMatrix<T> operator()(const MaxPool2d& layer) const { return max_pooling(x, image_of(in), layer.window); }
  VarMatrix<T> operator()(const AveragePool2d& layer) const { return average_pooling(x, image_of(in), layer.window); }
  VarMatrix<T> operator()(const LayerNorm& layer) const {
    return layer_norm(x, parameters[0], parameters[1], layer.epsilon);
  }
  VarMatrix<T> operator()(const Dropout& layer) const {
    return pass.dropout == nullptr ? x : dropout(x, layer.rate, *pass.dropout, pass.rows);
  }
  VarMatrix<T> operator()(const Flatten&) const { return x; }
  VarMatrix<T> operator()(const CustomLayer& layer) const { return layer.forward<T>(x, parameters, pass); }
};

}  // namespace

template <class T>
VarMatrix<T> forward(const Layer& layer, const VarMatrix<T>& x, const SampleShape& in,
                     std::span<const VarMatrix<T>> parameters, const Pass& pass) {
  return std::visit(Passing<T>{x, in, parameters, pass}, layer);
}
template VarMatrix<float> forward(const Layer&, const VarMatrix<float>&, const SampleShape&,
                                  std::span<const VarMatrix<float>>, const Pass&);
template VarMatrix<double> forward(const Layer&, const VarMatrix<double>&, const SampleShape&,
                                   std::span<const VarMatrix<double>>, const Pass&);

}  // namespace downhill
