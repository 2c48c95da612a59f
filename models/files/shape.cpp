// A product that may overflow, and a list that may be long.

#include <models/files/shape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace downhill {

std::optional<std::size_t> bytes_of(std::span<const std::size_t> shape, std::size_t element) {
  std::size_t product = element;
  bool empty = false;
  for (const std::size_t size : shape) {
    empty |= size == 0;
    if (size > 1 && product > std::numeric_limits<std::size_t>::max() / size) return std::nullopt;
    product *= std::max(size, std::size_t{1});
  }
  return empty ? 0 : product;
}

std::string text_of(std::span<const std::size_t> shape) {
  constexpr std::size_t longest = 8;
  std::string text;
  for (const std::size_t size : shape.first(std::min(shape.size(), longest)))
    text += fmt::format("{}{}", text.empty() ? "" : ", ", size);
  return fmt::format("[{}{}]", text, shape.size() > longest ? ", ..." : "");
}

}  // namespace downhill
