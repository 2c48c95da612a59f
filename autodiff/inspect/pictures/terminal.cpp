#include <autodiff/inspect/pictures/terminal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <autodiff/inspect/pictures/palette.hpp>
#include <autodiff/text/terminal.hpp>

#if __has_include(<sys/ioctl.h>)
#include <sys/ioctl.h>
#endif

namespace downhill::inspect {
namespace {

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool speaks_utf8() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos || value.find("UTF8") != value.npos;
  }
  return false;
}

}  // namespace

TextOptions options_for(std::FILE* stream) {
  TextOptions options;
  options.unicode = speaks_utf8();
  if (!is_terminal(stream)) return options;
  options.colour = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
#if __has_include(<sys/ioctl.h>)
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) options.width = size.ws_col;
#endif
  return options;
}

namespace terminal_detail {

int colour_of(const palette::Colour& colour, double shade) {
  const auto level = [shade](std::uint8_t part) {  // the six levels are 0, 95, 135, 175, 215 and 255
    const double byte = std::clamp(shade, 0.0, 1.0) * part;
    return byte < 48 ? 0 : byte < 115 ? 1 : static_cast<int>((byte - 35) / 40);
  };
  return 16 + 36 * level(colour.red) + 6 * level(colour.green) + level(colour.blue);
}

int series_colour(std::size_t index, double shade) {
  return colour_of(palette::dark.series[index % series_colours], shade);
}

std::string_view series_glyph(std::size_t index, bool unicode) {
  constexpr std::array<std::string_view, 8> ascii{"*", "o", "+", "x", "#", "@", "%", "&"};
  constexpr std::array<std::string_view, 8> better{"●", "○", "▲", "△", "■", "□", "◆", "◇"};
  return unicode ? better[index % better.size()] : ascii[index % ascii.size()];
}

std::string Grid::row(std::size_t index, bool colour, bool whole) const {
  const Cell* const begin = cells_.data() + index * columns_;
  std::size_t end = columns_;
  while (!whole && end > 0 && begin[end - 1].glyph == " " && (!colour || begin[end - 1].background < 0)) --end;
  std::string line;
  int ink = -1, background = -1;
  for (std::size_t column = 0; column < end; ++column) {
    const Cell& cell = begin[column];
    if (colour && (cell.colour != ink || cell.background != background)) {
      if (ink >= 0 || background >= 0) line += "\x1b[0m";
      if (cell.colour >= 0) line += fmt::format("\x1b[38;5;{}m", cell.colour);
      if (cell.background >= 0) line += fmt::format("\x1b[48;5;{}m", cell.background);
      ink = cell.colour, background = cell.background;
    }
    line += cell.glyph;
  }
  if (ink >= 0 || background >= 0) line += "\x1b[0m";
  return line;
}

void Dots::put(std::size_t column, std::size_t row, int colour) {
  constexpr std::array<std::array<unsigned char, 2>, 4> bits{{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
  unsigned char& dots = dots_[row / 4 * grid_.columns() + column / 2];
  dots = static_cast<unsigned char>(dots | bits[row % 4][column % 2]);
  // U+2800 and the dots, in UTF-8.
  const std::array<char, 3> bytes{'\xE2', static_cast<char>(0xA0 | dots >> 6), static_cast<char>(0x80 | (dots & 0x3F))};
  Cell& cell = grid_.at(column / 2, row / 4);
  cell.glyph.assign(bytes.data(), bytes.size());
  cell.colour = colour;
}

}  // namespace terminal_detail

}  // namespace downhill::inspect
