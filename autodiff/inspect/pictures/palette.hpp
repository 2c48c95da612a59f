#pragma once
/// \file
/// All colours of the pictures, on pages and in terminals, which are taken to be dark.
///
/// The colours of series and classes are those of Okabe and Ito, "Color universal design" (2008), which stay apart for
/// those who cannot tell red from green, in a darker and a lighter form.

#include <array>
#include <cstddef>
#include <cstdint>

namespace downhill::inspect {

/// How many colours there are for series and classes; the next ones begin again.
inline constexpr std::size_t series_colours = 8;

namespace palette {

struct Colour {
  std::uint8_t red, green, blue, opacity = 255;
};

inline constexpr Colour black{0x00, 0x00, 0x00}, white{0xFF, 0xFF, 0xFF};

/// The colours that belong together on a light or on a dark page.
struct Theme {
  Colour page, ink, quiet, rule;         ///< the ground, what is written on it, also in passing, and thin lines
  Colour low, high;                      ///< of a landscape, its lowest and its highest place
  Colour height_line, no_ground;         ///< on it, and where it has no value
  Colour negative, positive, no_number;  ///< of numbers with a sign, each at its largest; 0 shows the page through
  std::array<Colour, series_colours> series;
};

inline constexpr Theme light{.page = {0xFC, 0xFC, 0xFA},
                             .ink = {0x1C, 0x23, 0x30},
                             .quiet = {0x5B, 0x64, 0x74},
                             .rule = {0xDF, 0xE2, 0xE6},
                             .low = {0xEE, 0xF4, 0xEF},
                             .high = {0x7F, 0xA3, 0xB8},
                             .height_line = {0xFF, 0xFF, 0xFF, 0x90},
                             .no_ground = {0xC9, 0xC4, 0xBD},
                             .negative = {0xDE, 0x64, 0x0A},
                             .positive = {0x18, 0x7C, 0xC4},
                             .no_number = {0xCC, 0x33, 0xAA},
                             .series = {{{0x00, 0x72, 0xB2},
                                         {0xD5, 0x5E, 0x00},
                                         {0x00, 0x9E, 0x73},
                                         {0xB8, 0x58, 0x8F},
                                         {0xC9, 0x8A, 0x00},
                                         {0x3D, 0x9B, 0xD6},
                                         {0x88, 0x22, 0x55},
                                         {0x5B, 0x64, 0x74}}}};

inline constexpr Theme dark{.page = {0x14, 0x18, 0x1E},
                            .ink = {0xE6, 0xE9, 0xEE},
                            .quiet = {0x9A, 0xA4, 0xB2},
                            .rule = {0x2A, 0x31, 0x3B},
                            .low = {0x1D, 0x2A, 0x33},
                            .high = {0x4F, 0x7D, 0x97},
                            .height_line = {0x00, 0x00, 0x00, 0x5A},
                            .no_ground = {0x4A, 0x47, 0x44},
                            .negative = {0xFF, 0x73, 0x0D},
                            .positive = {0x1A, 0x80, 0xFF},
                            .no_number = {0xCC, 0x33, 0xAA},
                            .series = {{{0x4E, 0xA8, 0xDE},
                                        {0xFF, 0x8C, 0x42},
                                        {0x2E, 0xC4, 0x9B},
                                        {0xE3, 0x9C, 0xC4},
                                        {0xF5, 0xC0, 0x4A},
                                        {0x9A, 0xDC, 0xFF},
                                        {0xE0, 0x70, 0x8F},
                                        {0xB4, 0xBC, 0xC8}}}};

}  // namespace palette

}  // namespace downhill::inspect
