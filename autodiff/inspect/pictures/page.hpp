#pragma once
/// \file
/// Pages: what all pictures of `inspect` share. A picture is an SVG and what is said below it; a page is one HTML file
/// that holds some of them, with nothing to load from elsewhere.
///
/// Colours are those of palette.hpp, for light or dark surroundings, which the browser chooses.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace downhill::inspect {

/// A picture, to stand on a page or on its own.
struct Figure {
  std::string title;
  double width = 0, height = 0;    ///< in pixels of its own
  std::string drawing;             ///< what is inside the svg element
  std::vector<std::string> lines;  ///< what is said below it, as plain text
};

/// Text as it stands in HTML, SVG and their attributes. Bytes that may not stand there become question marks.
std::string escaped(std::string_view text);

/// One HTML page with all the figures, side by side where there is room. `shared` is what several drawings refer to:
/// the inside of an SVG `defs` element.
std::string page(std::string_view title, std::string_view introduction, std::span<const Figure> figures,
                 std::string_view shared = "");

/// The same frame around any content: its head, with the colours and more style, and what stands in the body.
std::string frame(std::string_view title, std::string_view style, std::string_view body);

/// The figure as an SVG file of its own, for a browser.
std::string svg(const Figure& figure);

/// Makes or replaces a file, whole or not at all, see `write_file`. Throws DataError if that cannot be done.
void write(const std::filesystem::path& file, std::string_view text);

/// The SVG class that brings the colour of the index-th series: "s0".
std::string series_class(std::size_t index);
/// The names of series, each beside a piece of its line, three in a row, and the height that they take.
std::string legend(std::span<const std::string> names, double left, double top, double width);
double legend_height(std::size_t names);

}  // namespace downhill::inspect
