#pragma once
/// \file
/// The columns of a weight matrix as images: what each unit of a layer looks for, where its inputs are pixels.
///
/// Weights of both signs are drawn in two colours, the stronger the further from 0; weights of one sign in shades of
/// one. All images share one scale, which stands below them.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/inspect/pictures/terminal.hpp>

namespace downhill::inspect {

/// How many images are drawn, and of what size.
struct ImageOptions {
  std::string title = "Weights";
  std::size_t width = 0;                 ///< pixels in a row of an image; 0: as square as the number of inputs allows
  std::size_t most = 64;                 ///< images that are drawn, the first ones
  std::vector<std::string> titles = {};  ///< of the images; their number otherwise
};

/// The columns of an inputs x units matrix, row after row, as it stands in a layer that computes x W + b. Throws
/// ShapeError unless there are inputs * units weights, and rows of `width` fill an image.
Figure weight_images(std::span<const double> weights, std::size_t inputs, std::size_t units,
                     const ImageOptions& options = {});
Figure weight_images(std::span<const float> weights, std::size_t inputs, std::size_t units,
                     const ImageOptions& options = {});

/// The same for a terminal: two characters a pixel, or where that is too wide, several pixels in one.
std::string weight_images_text(std::span<const double> weights, std::size_t inputs, std::size_t units,
                               const TextOptions& text = {}, const ImageOptions& options = {});
std::string weight_images_text(std::span<const float> weights, std::size_t inputs, std::size_t units,
                               const TextOptions& text = {}, const ImageOptions& options = {});

}  // namespace downhill::inspect
