#include <autodiff/matrix/images.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>

#include <autodiff/error.hpp>

namespace downhill {
namespace {

constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();

[[noreturn]] void refuse(std::string_view operation, const ImageShape& image, const Window& window,
                         std::string_view rule) {
  throw ShapeError(fmt::format(
      "{}: a window of {} x {}, in steps of {}, over an image of {} x {} x {} with the padding {}; {}", operation,
      window.height, window.width, window.stride, image.height, image.width, image.channels, window.padding, rule));
}

bool is_too_large(std::initializer_list<std::size_t> sides) {
  std::size_t size = 1;
  for (const std::size_t side : sides) {
    if (side > most / size) return true;
    size *= side;
  }
  return false;
}

ImageShape slide(std::string_view operation, const ImageShape& image, const Window& window, std::size_t channels) {
  for (const std::size_t size :
       {image.height, image.width, image.channels, window.height, window.width, window.stride, channels})
    if (size == 0) refuse(operation, image, window, "sizes, steps and the numbers of channels must be at least 1");
  constexpr std::string_view too_large = "there are more elements than a tape has slots, 4294967295";
  if (is_too_large({image.height}) || is_too_large({image.width}) || is_too_large({window.padding}))
    refuse(operation, image, window, too_large);
  const std::size_t height = image.height + 2 * window.padding, width = image.width + 2 * window.padding;
  if (is_too_large({height, width, image.channels})) refuse(operation, image, window, too_large);
  if (window.height > height || window.width > width)
    refuse(operation, image, window, "the window must fit into the image with its padding on both sides");
  const ImageShape result{(height - window.height) / window.stride + 1, (width - window.width) / window.stride + 1,
                          channels};
  if (is_too_large({result.height, result.width, channels})) refuse(operation, image, window, too_large);
  return result;
}

}  // namespace

ImageShape convolved(const ImageShape& image, const Window& window, std::size_t channels) {
  return slide("convolution", image, window, channels);
}

ImageShape pooled(const ImageShape& image, const Window& window) {
  const ImageShape result = slide("pooling", image, window, image.channels);
  if (window.padding >= window.height || window.padding >= window.width)
    refuse("pooling", image, window, "the padding must be smaller than the window, which would see none of the image");
  return result;
}

}  // namespace downhill
