#pragma once
/// \file
/// Pooling: the largest or the mean of each channel over the pixels under a window.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <autodiff/matrix/images.hpp>
#include <autodiff/matrix/kernel.hpp>
#include <autodiff/threads.hpp>

namespace downhill {

namespace matrix_detail {

/// Calls visit(i, first element, stride) for each image, several at once where there are threads.
template <class X, class Visit>
void for_each_image(const Elements<X>& x, Visit&& visit) {
  with_strides<1>({x.layout.column_stride}, [&](auto stride) {
    in_stretches(x.layout.rows, 4 * x.layout.columns, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) visit(i, x.data + x.layout.at(i, 0), stride);
    });
  });
}

/// Rows or columns of pixels.
struct Stretch {
  std::size_t begin, end;

  std::size_t size() const { return end - begin; }
};

/// Calls visit(place, rows, columns) for the part of each window that lies in the image.
template <class Visit>
void for_each_window(const Sliding& sliding, Visit&& visit) {
  const auto& [image, result, window] = sliding;
  const std::size_t stride = window.stride, padding = window.padding;
  const auto covered = [&](std::size_t place, std::size_t length, std::size_t of) {
    const std::size_t begin = place * stride;
    return Stretch{std::max(begin, padding) - padding, std::min(begin + length - padding, of)};
  };
  for (std::size_t y = 0; y < result.height; ++y)
    for (std::size_t x = 0; x < result.width; ++x)
      visit(y * result.width + x, covered(y, window.height, image.height), covered(x, window.width, image.width));
}

/// Calls visit(pixel) for those of a window.
template <class Visit>
void for_each_pixel(const ImageShape& image, const Stretch& rows, const Stretch& columns, Visit&& visit) {
  for (std::size_t y = rows.begin; y < rows.end; ++y)
    for (std::size_t x = columns.begin; x < columns.end; ++x) visit(y * image.width + x);
}

/// The numbers in all windows of an image: a pixel counts in each window that sees it.
inline double pixels_seen(const Sliding& sliding) {
  double seen = 0;
  for_each_window(sliding, [&](std::size_t, const Stretch& rows, const Stretch& columns) {
    seen += static_cast<double>(rows.size() * columns.size());
  });
  return seen * static_cast<double>(sliding.image.channels);
}

/// The adjoint goes to the pixel that was the largest.
template <class T>
class MaxPoolingBlock final : public OperandBlock<T, 1> {
 public:
  MaxPoolingBlock(const std::array<Operand<T>, 1>& x, const Layout& result, const Sliding& sliding,
                  std::span<const std::uint32_t> largest)
      : OperandBlock<T, 1>(x, result), sliding_(sliding), largest_(largest) {}
  std::string_view name() const override { return "max_pooling"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const std::size_t channels = sliding_.image.channels;
    for_each_image(this->operand(0).in(adjoint), [&](std::size_t i, T* image, auto stride) {
      const T* g = adjoint + first + this->result().at(i, 0);
      const std::uint32_t* largest = largest_.data() + this->result().at(i, 0);
      for (std::size_t place = 0; place < this->result().columns; place += channels)
        for (std::size_t c = 0; c < channels; ++c) {
          T& pixel = image[(*largest++ * channels + c) * stride];
          pixel = pixel + *g++;
        }
    });
  }
  // Which pixel was the largest takes the memory of a number, 4 bytes.
  BlockWork work(std::size_t results) const override {
    const double seen = static_cast<double>(this->result().rows) * pixels_seen(sliding_);
    const auto n = static_cast<double>(results), places = n * sizeof(std::uint32_t);
    return this->with_bytes({.operations = seen - n, .written = places}, {.operations = n, .read = places});
  }

 private:
  Sliding sliding_;
  std::span<const std::uint32_t> largest_;
};

/// Writes the largest of each window of an image, and which pixel it is.
template <class T, class Stride>
void find_largest(const Sliding& sliding, const T* image, Stride stride, T* y, std::uint32_t* at) {
  const std::size_t channels = sliding.image.channels;
  for_each_window(sliding, [&](std::size_t place, const Stretch& rows, const Stretch& columns) {
    T* const __restrict largest = y + place * channels;
    std::uint32_t* const __restrict pixel = at + place * channels;
    const std::size_t first = rows.begin * sliding.image.width + columns.begin;
    for (std::size_t c = 0; c < channels; ++c)
      largest[c] = image[(first * channels + c) * stride], pixel[c] = static_cast<std::uint32_t>(first);
    for_each_pixel(sliding.image, rows, columns, [&](std::size_t next) {
      const T* const x = image + next * channels * stride;
      for (std::size_t c = 0; c < channels; ++c) {
        const T value = x[c * stride], so_far = largest[c];
        const bool is_larger = (value > so_far) | (!(value == value) & (so_far == so_far));
        if constexpr (Active<T>)
          largest[c] = value == so_far ? value_within<Max, T>(so_far, value) : is_larger ? value : so_far;
        else
          largest[c] = is_larger ? value : so_far;
        pixel[c] = is_larger ? static_cast<std::uint32_t>(next) : pixel[c];
      }
    });
  });
}

/// The adjoint goes to all pixels of the window, in equal parts.
template <class T>
class AveragePoolingBlock final : public OperandBlock<T, 1> {
 public:
  AveragePoolingBlock(const std::array<Operand<T>, 1>& x, const Layout& result, const Sliding& sliding)
      : OperandBlock<T, 1>(x, result), sliding_(sliding) {}
  std::string_view name() const override { return "average_pooling"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const std::size_t channels = sliding_.image.channels;
    for_each_image(this->operand(0).in(adjoint), [&](std::size_t i, T* image, auto stride) {
      for_each_window(sliding_, [&](std::size_t place, const Stretch& rows, const Stretch& columns) {
        const T* const __restrict g = adjoint + first + this->result().at(i, place * channels);
        const T share = T(1.0 / static_cast<double>(rows.size() * columns.size()));
        for_each_pixel(sliding_.image, rows, columns, [&](std::size_t pixel) {
          T* const __restrict to = image + pixel * channels * stride;
          for (std::size_t c = 0; c < channels; ++c) to[c * stride] = to[c * stride] + g[c] * share;
        });
      });
    });
  }
  BlockWork work(std::size_t) const override {
    const double seen = static_cast<double>(this->result().rows) * pixels_seen(sliding_);
    return this->with_bytes({.operations = seen}, {.operations = 2 * seen});  // all but one are added, and one quotient
  }

 private:
  Sliding sliding_;
};

template <class T, class Stride>
void write_means(const Sliding& sliding, const T* image, Stride stride, T* y) {
  const std::size_t channels = sliding.image.channels;
  for_each_window(sliding, [&](std::size_t place, const Stretch& rows, const Stretch& columns) {
    constexpr std::size_t width = 64;
    const Wide<T> count = Wide<T>(static_cast<double>(rows.size() * columns.size()));
    for (std::size_t first = 0; first < channels; first += width) {
      const std::size_t some = std::min(width, channels - first);
      std::array<Wide<T>, width> sums{};
      for_each_pixel(sliding.image, rows, columns, [&](std::size_t pixel) {
        const T* const x = image + (pixel * channels + first) * stride;
        for (std::size_t c = 0; c < some; ++c) sums[c] = sums[c] + Wide<T>(x[c * stride]);
      });
      for (std::size_t c = 0; c < some; ++c) y[place * channels + first + c] = T(sums[c] / count);
    }
  });
}

}  // namespace matrix_detail

/// The largest element of each channel under the window, n x the size of `pooled`; NaN if one of them is. The slope of
/// that element is 1, of the first one where several are equally large. Throws ShapeError unless each row of x is one
/// image.
template <class T>
VarMatrix<T> max_pooling(const VarMatrix<T>& x, const ImageShape& image, const Window& window) {
  using R = MatrixRecorder;
  const matrix_detail::Sliding sliding{image, pooled(image, window), window};
  matrix_detail::demand_images("max_pooling", x, image);
  return R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(x.rows(), sliding.result.size());
    const std::array operands{R::operand(tape, x)};
    const std::span<T> y = R::values(tape, shape);
    const std::span<std::uint32_t> largest = R::memory<std::uint32_t>(tape, shape.size());
    matrix_detail::for_each_image(operands[0].elements(), [&](std::size_t i, const T* pixels, auto stride) {
      matrix_detail::find_largest(sliding, pixels, stride, y.data() + shape.at(i, 0), largest.data() + shape.at(i, 0));
    });
    return R::record<matrix_detail::MaxPoolingBlock<T>, T>(tape, shape, y, operands, shape, sliding, largest);
  });
}

/// The mean of each channel over those pixels under the window that lie in the image (padding does not count): n x the
/// size of `pooled`. Throws ShapeError unless each row of x is one image.
template <class T>
VarMatrix<T> average_pooling(const VarMatrix<T>& x, const ImageShape& image, const Window& window) {
  using R = MatrixRecorder;
  const matrix_detail::Sliding sliding{image, pooled(image, window), window};
  matrix_detail::demand_images("average_pooling", x, image);
  return R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(x.rows(), sliding.result.size());
    const std::array operands{R::operand(tape, x)};
    const std::span<T> y = R::values(tape, shape);
    matrix_detail::for_each_image(operands[0].elements(), [&](std::size_t i, const T* pixels, auto stride) {
      matrix_detail::write_means(sliding, pixels, stride, y.data() + shape.at(i, 0));
    });
    return R::record<matrix_detail::AveragePoolingBlock<T>, T>(tape, shape, y, operands, shape, sliding);
  });
}

}  // namespace downhill
