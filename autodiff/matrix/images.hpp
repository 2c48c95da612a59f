#pragma once
/// \file
/// Images, and windows that go over them. A matrix holds one image in each row, whose elements lie row after row of the
/// image, with the channels of a pixel side by side: (y width + x) channels + c.

#include <cstddef>
#include <string_view>

#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

/// The size of an image in pixels, and how many numbers each pixel has.
struct ImageShape {
  std::size_t height, width, channels;

  std::size_t size() const { return height * width * channels; }
};

/// A window that goes over an image in steps of `stride` pixels, beginning `padding` pixels outside of it.
struct Window {
  std::size_t height = 3, width = 3, stride = 1, padding = 0;
};

/// The shape of a convolution with so many output channels: (height + 2 padding - window height) / stride + 1, rounded
/// down, and likewise the width. Throws ShapeError unless the window fits into the padded image, for a size or a stride
/// of 0, and for more than 2^32 - 1 elements, which are all that a tape has slots for.
ImageShape convolved(const ImageShape& image, const Window& window, std::size_t channels);
/// The same for pooling, which keeps the channels. Throws ShapeError also unless the padding is smaller than the
/// window, so that each window sees some of the image.
ImageShape pooled(const ImageShape& image, const Window& window);

namespace matrix_detail {

/// A window on its way over an image.
struct Sliding {
  ImageShape image, result;
  Window window;

  std::size_t padded_width() const { return image.width + 2 * window.padding; }
  std::size_t padded_size() const { return (image.height + 2 * window.padding) * padded_width() * image.channels; }
  std::size_t seen() const { return window.height * window.width * image.channels; }
  std::size_t places() const { return result.height * result.width; }
};

/// Throws ShapeError unless each row of x holds an image.
template <class T>
void demand_images(std::string_view operation, const VarMatrix<T>& x, const ImageShape& image) {
  if (x.columns() != image.size())
    misuse::different_shapes(operation, x.rows(), x.columns(), x.rows(), image.size(),
                             "each row must be one image: height x width x channels");
}

}  // namespace matrix_detail
}  // namespace downhill
