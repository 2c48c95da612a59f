#pragma once
/// \file
/// A small image as text that HTML and SVG take in the place of an address: a PNG file in base 64.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <autodiff/inspect/pictures/palette.hpp>

namespace downhill::inspect {

/// "data:image/png;base64,...": width x height pixels, row after row from the top, each the index of a colour.
/// Throws ShapeError unless there are width * height pixels, and at least one.
std::string png_address(std::size_t width, std::size_t height, std::span<const std::uint8_t> pixels,
                        const std::array<palette::Colour, 256>& colours);

}  // namespace downhill::inspect
