#pragma once
/// \file
/// Convolution as a product of matrices: the pixels under the window at each of its places are one row of a matrix, and
/// each output channel is a column of weights. The matrix is made for a few images at a time, in memory that all images
/// share, and made again in the sweep, so that it takes no more memory than those few images need.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include <autodiff/matrix/images.hpp>
#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/product.hpp>

namespace downhill {

namespace matrix_detail {

/// The pixels under the window in some images, place after place, and one image with its padding. Pixels are copied in
/// whole chunks: the end of a chunk is written over by the next one, and behind the last one there is room.
template <class T>
class Columns {
 public:
  Columns(Tape<T>& tape, const Sliding& sliding, std::size_t images)
      : sliding_(sliding),
        images_(
            std::clamp<std::size_t>(cached / (sliding.places() * sliding.seen()), 1, std::max<std::size_t>(images, 1))),
        padded_(MatrixRecorder::memory<T>(tape, sliding.padded_size() + chunk)),
        columns_(MatrixRecorder::memory<T>(tape, images_ * sliding.places() * sliding.seen() + chunk)) {}

  /// How many images it holds at once.
  std::size_t images() const { return images_; }
  Elements<T> of(std::size_t images) const {
    return {columns_.data(), Layout::dense(images * sliding_.places(), sliding_.seen())};
  }

  /// Takes so many images, from row `first` of x on, and returns a row for each place of the window.
  Elements<const T> unfold(const Elements<const T>& x, std::size_t first, std::size_t images) const {
    T* to = columns_.data();
    for (std::size_t i = first; i < first + images; ++i) {
      std::ranges::fill(padded_, T(0));
      for_each_row(x, i, [](const T& from, T& padded) { padded = from; });
      for_each_run([&](T* run, std::size_t length) {
        for (std::size_t k = 0; k < length; k += chunk) std::copy_n(run + k, chunk, to + k);
        to += length;
      });
    }
    return {columns_.data(), of(images).layout};
  }
  /// Adds what stands here to the images from where it would be taken.
  void fold(const Elements<T>& x, std::size_t first, std::size_t images) const {
    const T* from = columns_.data();
    for (std::size_t i = first; i < first + images; ++i) {
      std::ranges::fill(padded_, T(0));
      for_each_run([&](T* run, std::size_t length) {
        for (std::size_t k = 0; k < length; ++k) run[k] = run[k] + from[k];
        from += length;
      });
      for_each_row(x, i, [](T& to, const T& padded) { to = to + padded; });
    }
  }

 private:
  static constexpr std::size_t chunk = std::floating_point<T> ? std::max<std::size_t>(32 / sizeof(T), 1) : 1;
  // Small images are multiplied together, as many as fit into a fast cache: products of a few rows are slow.
  static constexpr std::size_t cached = (std::size_t{1} << 17) / sizeof(T);

  /// Visits what image i has beside its place in the padded image.
  template <class X, class Visit>
  void for_each_row(const Elements<X>& x, std::size_t i, Visit&& visit) const {
    const auto& [image, result, window] = sliding_;
    const std::size_t length = image.width * image.channels;
    T* padded = padded_.data() + (window.padding * sliding_.padded_width() + window.padding) * image.channels;
    for (std::size_t y = 0; y < image.height; ++y, padded += sliding_.padded_width() * image.channels)
      with_steps<1>({x.layout.column_step}, [&](auto step) {
        X* const row = x.data + x.layout.at(i, y * length);
        for (std::size_t k = 0; k < length; ++k) visit(row[k * step], padded[k]);
      });
  }
  /// Visits the rows of each window in the padded image, window after window.
  template <class Visit>
  void for_each_run(Visit&& visit) const {
    const auto& [image, result, window] = sliding_;
    const std::size_t down = sliding_.padded_width() * image.channels, length = window.width * image.channels;
    for (std::size_t y = 0; y < result.height; ++y)
      for (std::size_t x = 0; x < result.width; ++x) {
        T* const corner = padded_.data() + window.stride * (y * down + x * image.channels);
        for (std::size_t row = 0; row < window.height; ++row) visit(corner + row * down, length);
      }
  }

  Sliding sliding_;
  std::size_t images_;
  std::span<T> padded_, columns_;
};

/// Y = C W + b, where each row of C holds the pixels of x under the window at one place. The adjoint of C is G W', and
/// that of W is C' G.
template <class T>
class ConvolutionBlock final : public OperandBlock<T, 3> {
 public:
  ConvolutionBlock(const std::array<Operand<T>, 3>& operands, const Layout& result, const Columns<T>& columns)
      : OperandBlock<T, 3>(operands, result), columns_(columns) {}
  std::string_view name() const override { return "convolution"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>&x = this->operand(0), &weights = this->operand(1), &bias = this->operand(2);
    const std::size_t channels = weights.layout.columns;
    const bool plain =
        are_plain<T>(this->result_in(adjoint, first)) && are_plain<T>(x.elements()) && are_plain<T>(weights.elements());
    for (std::size_t i = 0; i < x.layout.rows; i += columns_.images()) {
      const std::size_t images = std::min(columns_.images(), x.layout.rows - i);
      const Elements<T> columns = columns_.of(images);
      const std::size_t rows = columns.layout.rows;
      const Elements<const T> g{adjoint + first + this->result().at(i, 0), Layout::dense(rows, channels)};
      if (bias.is_active()) add_rows<T>(g, {adjoint + bias.slot, bias.layout.repeated(rows, channels)});
      if (weights.is_active())
        hand_on_product<T>(plain, columns_.unfold(x.elements(), i, images).transposed(), g, weights.in(adjoint));
      if (!x.is_active()) continue;
      std::fill_n(columns.data, columns.layout.size(), T(0));
      hand_on_product<T>(plain, g, weights.elements().transposed(), columns);
      columns_.fold(x.in(adjoint), i, images);
    }
  }

 private:
  Columns<T> columns_;
};

}  // namespace matrix_detail

/// The convolution of images with weights, as networks call it: the window is not mirrored (a cross-correlation), and
/// zeros surround the image. The weights are (window height x window width x channels) x output channels, in the order
/// of an image's elements, and the bias is 1 x output channels. With n images, the result is n x (height x width x
/// output channels) of `convolved`. Throws ShapeError for other shapes. As a product: Chellapilla, Puri and Simard,
/// "High performance convolutional neural networks for document processing" (2006).
template <class T>
VarMatrix<T> convolution(const VarMatrix<T>& x, const ImageShape& image, const VarMatrix<T>& weights,
                         const VarMatrix<T>& bias, const Window& window) {
  using R = MatrixRecorder;
  const std::size_t channels = weights.columns();
  const matrix_detail::Sliding sliding{image, convolved(image, window, channels), window};
  matrix_detail::demand_images("convolution", x, image);
  if (weights.rows() != sliding.seen())
    misuse::different_shapes("convolution", weights.rows(), channels, sliding.seen(), channels,
                             "the weights must have a row for each element that the window sees");
  if (bias.rows() != 1 || bias.columns() != channels)
    misuse::different_shapes("convolution", bias.rows(), bias.columns(), weights.rows(), channels,
                             "the bias must be one row, with the columns of the weights");
  return R::on_tape<T>(R::common_tape<T>("convolution", x, weights, bias), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(x.rows(), sliding.result.size());
    const std::array operands{R::operand(tape, x), R::operand(tape, weights), R::operand(tape, bias)};
    const std::span<T> y = R::values(tape, shape);
    const auto [from, by, row] = matrix_detail::elements_of(operands);
    const matrix_detail::Columns<T> columns(tape, sliding, x.rows());
    for (std::size_t i = 0; i < x.rows(); i += columns.images()) {
      const Elements<const T> some = columns.unfold(from, i, std::min(columns.images(), x.rows() - i));
      const Elements<T> to{y.data() + shape.at(i, 0), Layout::dense(some.layout.rows, channels)};
      for (std::size_t c = 0; c < channels; ++c) to(0, c) = row(0, c);
      for (std::size_t done = channels; done < to.layout.size(); done *= 2)
        std::copy_n(to.data, std::min(done, to.layout.size() - done), to.data + done);
      matrix_detail::add_product<T>(some, by, to);
    }
    return R::record<matrix_detail::ConvolutionBlock<T>, T>(tape, shape, y, operands, shape, columns);
  });
}

template <class... X>
  requires MixedMatrices<X...>
auto convolution(const X&...) {
  return matrix_detail::refuse_mixed<X...>();
}

}  // namespace downhill
