#pragma once
/// \file
/// The colours of series and classes, on pages and in terminals: those of Okabe and Ito, "Color universal design"
/// (2008), which stay apart for those who cannot tell red from green, in a darker and a lighter form.

#include <array>
#include <cstdint>

#include <autodiff/inspect/pictures/page.hpp>

namespace downhill::inspect::palette {

struct Colour {
  std::uint8_t red, green, blue;
};
using Series = std::array<Colour, series_colours>;

inline constexpr Series on_light{{{0x00, 0x72, 0xB2},
                                  {0xD5, 0x5E, 0x00},
                                  {0x00, 0x9E, 0x73},
                                  {0xB8, 0x58, 0x8F},
                                  {0xC9, 0x8A, 0x00},
                                  {0x3D, 0x9B, 0xD6},
                                  {0x88, 0x22, 0x55},
                                  {0x5B, 0x64, 0x74}}};
/// Terminals are taken to be dark.
inline constexpr Series on_dark{{{0x4E, 0xA8, 0xDE},
                                 {0xFF, 0x8C, 0x42},
                                 {0x2E, 0xC4, 0x9B},
                                 {0xE3, 0x9C, 0xC4},
                                 {0xF5, 0xC0, 0x4A},
                                 {0x9A, 0xDC, 0xFF},
                                 {0xE0, 0x70, 0x8F},
                                 {0xB4, 0xBC, 0xC8}}};

}  // namespace downhill::inspect::palette
