#pragma once
/// \file
/// Convolution as a product of matrices: the pixels under the window at each of its places are one row of a matrix, and
/// each output channel is a column of weights. The matrix is made for a few images at a time, in memory that all images
/// share, and made again in the sweep, so that it takes no more memory than those few images need, for each thread.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include <autodiff/matrix/images.hpp>
#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/product.hpp>
#include <autodiff/threads.hpp>

namespace downhill {

namespace matrix_detail {

template <class T>
inline constexpr std::size_t chunk = std::floating_point<T> ? std::max<std::size_t>(32 / sizeof(T), 1) : 1;

/// Some images, [begin, end) of all.
struct Few {
  std::size_t begin, end;

  std::size_t size() const { return end - begin; }
};

/// The pixels under the window in a few images, place after place, and one image with its padding. Pixels are copied in
/// whole chunks: the end of a chunk is written over by the next one, and behind the last one there is room.
template <class T>
class Columns {
 public:
  Columns(const Sliding& sliding, std::span<T> padded, std::span<T> columns)
      : sliding_(sliding), padded_(padded), columns_(columns) {}

  Elements<T> of(const Few& images) const {
    return {columns_.data(), Layout::dense(images.size() * sliding_.places(), sliding_.seen())};
  }

  /// Takes some images, rows of x, and returns a row for each place of the window.
  Elements<const T> unfold(const Elements<const T>& x, const Few& images) const {
    T* to = columns_.data();
    for (std::size_t i = images.begin; i < images.end; ++i) {
      std::ranges::fill(padded_, T(0));
      for_each_row(x, i, [](const T& from, T& padded) { padded = from; });
      for_each_run([&](T* run, std::size_t length) {
        for (std::size_t k = 0; k < length; k += chunk<T>) std::copy_n(run + k, chunk<T>, to + k);
        to += length;
      });
    }
    return {columns_.data(), of(images).layout};
  }
  /// Adds what stands here to the images from where it would be taken.
  void fold(const Elements<T>& x, const Few& images) const {
    const T* from = columns_.data();
    for (std::size_t i = images.begin; i < images.end; ++i) {
      std::ranges::fill(padded_, T(0));
      for_each_run([&](T* run, std::size_t length) {
        for (std::size_t k = 0; k < length; ++k) run[k] = run[k] + from[k];
        from += length;
      });
      for_each_row(x, i, [](T& to, const T& padded) { to = to + padded; });
    }
  }

 private:
  /// Visits what image i has beside its place in the padded image.
  template <class X, class Visit>
  void for_each_row(const Elements<X>& x, std::size_t i, Visit&& visit) const {
    const auto& [image, result, window] = sliding_;
    const std::size_t length = image.width * image.channels;
    T* padded = padded_.data() + (window.padding * sliding_.padded_width() + window.padding) * image.channels;
    for (std::size_t y = 0; y < image.height; ++y, padded += sliding_.padded_width() * image.channels)
      with_strides<1>({x.layout.column_stride}, [&](auto stride) {
        X* const row = x.data + x.layout.at(i, y * length);
        for (std::size_t k = 0; k < length; ++k) visit(row[k * stride], padded[k]);
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
  std::span<T> padded_, columns_;
};

/// How the images of a convolution are shared among threads: in groups of a few, each with the columns of the thread
/// that works on it. The adjoints of weights and bias are sums over all images, which are added up in lots of groups,
/// for each lot by itself and then lot after lot.
template <class T>
class Groups {
 public:
  Groups(Tape<T>& tape, const Sliding& sliding, std::size_t images, std::size_t sum)
      : sliding_(sliding),
        images_(images),
        size_(
            std::clamp<std::size_t>(cached / (sliding.places() * sliding.seen()), 1, std::max<std::size_t>(images, 1))),
        lots_(
            std::clamp<std::size_t>(cached / std::max<std::size_t>(sum, 1), 1, std::clamp<std::size_t>(count(), 1, 8))),
        team_(team_for(count())),
        padded_(MatrixRecorder::memory<T>(tape, team_ * padded_size())),
        columns_(MatrixRecorder::memory<T>(tape, team_ * columns_size())),
        sums_(MatrixRecorder::memory<T>(tape, lots_ * sum)) {}

  /// Calls work(images, columns) for each group.
  template <class Work>
  void for_each(Work&& work) const {
    in_parallel(count(), std::min(team_, threads()),
                [&](std::size_t i, std::size_t member) { work(group(i), columns(member)); });
  }
  /// Calls work(images, columns, sum) for each group, with the sum of its lot, and returns the sum of those.
  template <class Work>
  const T* sum_up(Work&& work) const {
    std::ranges::fill(sums_, T(0));
    const std::size_t size = sums_.size() / lots_;
    in_parallel(lots_, std::min(team_, threads()), [&](std::size_t lot, std::size_t member) {
      for (std::size_t i = lot * count() / lots_; i < (lot + 1) * count() / lots_; ++i)
        work(group(i), columns(member), sums_.data() + lot * size);
    });
    for (std::size_t i = size; i < sums_.size(); ++i) sums_[i % size] = sums_[i % size] + sums_[i];
    return sums_.data();
  }

 private:
  // Small images are multiplied together, as many as fit into a fast cache: products of a few rows are slow.
  static constexpr std::size_t cached = (std::size_t{1} << 17) / sizeof(T);

  std::size_t count() const { return (images_ + size_ - 1) / size_; }
  Few group(std::size_t i) const { return {i * size_, std::min(images_, (i + 1) * size_)}; }
  std::size_t padded_size() const { return sliding_.padded_size() + chunk<T>; }
  std::size_t columns_size() const { return size_ * sliding_.places() * sliding_.seen() + chunk<T>; }
  Columns<T> columns(std::size_t member) const {
    return {sliding_, padded_.subspan(member * padded_size(), padded_size()),
            columns_.subspan(member * columns_size(), columns_size())};
  }

  Sliding sliding_;
  std::size_t images_, size_, lots_, team_;
  std::span<T> padded_, columns_, sums_;
};

/// Y = C W + b, where each row of C holds the pixels of x under the window at one place. The adjoint of C is G W', and
/// that of W is C' G.
template <class T>
class ConvolutionBlock final : public OperandBlock<T, 3> {
 public:
  ConvolutionBlock(const std::array<Operand<T>, 3>& operands, const Layout& result, const Groups<T>& groups)
      : OperandBlock<T, 3>(operands, result), groups_(groups) {}
  std::string_view name() const override { return "convolution"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>&x = this->operand(0), &weights = this->operand(1), &bias = this->operand(2);
    const std::size_t channels = weights.layout.columns;
    const bool plain =
        are_plain<T>(this->result_in(adjoint, first)) && are_plain<T>(x.elements()) && are_plain<T>(weights.elements());
    const auto result_of = [&](const Few& images, std::size_t rows) {
      return Elements<const T>{adjoint + first + this->result().at(images.begin, 0), Layout::dense(rows, channels)};
    };
    if (weights.is_active() || bias.is_active()) {
      const Layout of_weights = Layout::dense(weights.layout.rows, channels), of_bias = Layout::dense(1, channels);
      const T* const sum = groups_.sum_up([&](const Few& images, const Columns<T>& columns, T* sum_of_lot) {
        const Elements<const T> g = result_of(images, columns.of(images).layout.rows);
        add_rows<T>(g, {sum_of_lot + of_weights.size(), of_bias.repeated(g.layout.rows, channels)});
        if (weights.is_active())
          hand_on_product<T>(plain, columns.unfold(x.elements(), images).transposed(), g, {sum_of_lot, of_weights});
      });
      if (weights.is_active()) add_rows<T>({sum, of_weights}, weights.in(adjoint));
      if (bias.is_active()) add_rows<T>({sum + of_weights.size(), of_bias}, bias.in(adjoint));
    }
    if (x.is_active())
      groups_.for_each([&](const Few& images, const Columns<T>& columns) {
        const Elements<T> seen = columns.of(images);
        std::fill_n(seen.data, seen.layout.size(), T(0));
        hand_on_product<T>(plain, result_of(images, seen.layout.rows), weights.elements().transposed(), seen);
        columns.fold(x.in(adjoint), images);
      });
  }
  // The matrix C is written and read forward, and again in the sweep; the adjoint of C is written and folded.
  BlockWork work(std::size_t results) const override {
    const Operand<T>&x = this->operand(0), &weights = this->operand(1), &bias = this->operand(2);
    const std::size_t seen = weights.layout.rows, channels = weights.layout.columns;
    const std::size_t places = channels == 0 ? 0 : results / channels;  // of all images
    const auto multiplied = 2 * static_cast<double>(results) * static_cast<double>(seen);
    const double of_columns = this->bytes(places * seen);
    Work reverse;
    if (weights.is_active()) reverse += {.operations = multiplied, .read = of_columns, .written = of_columns};
    if (bias.is_active()) reverse += {.operations = static_cast<double>(results)};
    if (x.is_active())
      reverse += {.operations = multiplied + static_cast<double>(places * seen),
                  .read = of_columns + this->bytes(weights.layout.size()),
                  .written = of_columns};
    BlockWork made = this->with_bytes({.operations = multiplied, .read = of_columns, .written = of_columns}, reverse);
    made.product = {places, seen, channels};
    return made;
  }

 private:
  Groups<T> groups_;
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
    const auto elements = matrix_detail::elements_of(operands);
    const auto &from = elements[0], &by = elements[1], &row = elements[2];
    const matrix_detail::Groups<T> groups(tape, sliding, x.rows(), operands[1].layout.size() + channels);
    groups.for_each([&](const matrix_detail::Few& images, const matrix_detail::Columns<T>& columns) {
      const Elements<const T> seen = columns.unfold(from, images);
      const Elements<T> to{y.data() + shape.at(images.begin, 0), Layout::dense(seen.layout.rows, channels)};
      for (std::size_t c = 0; c < channels; ++c) to(0, c) = row(0, c);
      for (std::size_t done = channels; done < to.layout.size(); done *= 2)
        std::copy_n(to.data, std::min(done, to.layout.size() - done), to.data + done);
      matrix_detail::add_product<T>(seen, by, to);
    });
    return R::record<matrix_detail::ConvolutionBlock<T>, T>(tape, shape, y, operands, shape, groups);
  });
}

template <class... X>
  requires MixedMatrices<X...>
auto convolution(const X&...) {
  return matrix_detail::refuse_mixed<X...>();
}

}  // namespace downhill
