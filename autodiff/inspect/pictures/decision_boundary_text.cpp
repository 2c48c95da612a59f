#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <autodiff/inspect/pictures/decision_boundary.hpp>

namespace downhill::inspect {

std::string decision_boundary_text(const Classifier& classifier, std::span<const LabelledPoint> samples,
                                   const TextOptions& text, const BoundaryOptions& options) {
  using namespace boundary_detail;
  using namespace terminal_detail;
  const std::size_t width = std::max<std::size_t>(text.width, 20);
  BoundaryOptions asked = options;
  asked.columns = width - 2;
  asked.rows = text.height > 1 ? text.height : std::clamp<std::size_t>(width * 3 / 10, 8, 30);
  const Decisions all = decisions_of(classifier, samples, asked);
  Grid grid(all.columns, all.rows);

  constexpr std::array<std::string_view, 4> shades{" ", "░", "▒", "▓"};
  constexpr std::array<std::string_view, 8> ascii{" ", ".", ":", "-", "=", "+", "~", "_"};
  const auto ground_of = [&](std::size_t k) -> std::string {
    if (k == all.classes) return "?";
    if (text.unicode && all.classes <= shades.size()) return std::string(shades[k]);
    return std::string(ascii[k % ascii.size()]);
  };
  for (std::size_t row = 0; row < all.rows; ++row)
    for (std::size_t column = 0; column < all.columns; ++column) {
      const std::span<const double> probabilities = all.at(column, all.rows - 1 - row);
      const std::size_t k = largest(probabilities);
      if (!text.colour)
        grid.at(column, row) = {ground_of(k), -1, -1};
      else if (k < all.classes)
        grid.at(column, row) = {" ", -1, series_colour(k, 0.25 + 0.4 * std::clamp(probabilities[k], 0.0, 1.0))};
    }

  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz", capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const auto letter_of = [&](std::size_t label, bool is_right) {
    return std::string(1, (is_right ? letters : capitals)[label % letters.size()]);
  };
  const Axis across(all.x, 0, static_cast<double>(all.columns - 1)), up(all.y, static_cast<double>(all.rows - 1), 0);
  for (const bool is_right : {true, false})  // so that those it gets wrong are seen
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if ((all.decided[i] == samples[i].label) != is_right) continue;
      if (!std::isfinite(samples[i].x) || !std::isfinite(samples[i].y)) continue;
      const double x = std::round(across.at(samples[i].x)), y = std::round(up.at(samples[i].y));
      if (x < 0 || y < 0 || x >= static_cast<double>(all.columns) || y >= static_cast<double>(all.rows)) continue;
      Cell& cell = grid.at(static_cast<std::size_t>(x), static_cast<std::size_t>(y));
      cell.glyph = letter_of(samples[i].label, is_right);
      cell.colour = is_right ? colour_of(palette::white) : colour_of(palette::black);
      if (!is_right) cell.background = colour_of(palette::white);
    }

  std::string picture;
  std::string rule;
  for (std::size_t column = 0; column < all.columns; ++column) rule += text.unicode ? "─" : "-";
  const std::string_view side = text.unicode ? "│" : "|";
  picture += fmt::format("{}: {:.4g} to {:.4g}, upwards\n", options.y_name, all.y.low, all.y.high);
  picture += text.unicode ? "┌" + rule + "┐\n" : "+" + rule + "+\n";
  for (std::size_t row = 0; row < all.rows; ++row) {
    const std::string cells = grid.row(row, text.colour, true);
    picture += fmt::format("{}{}{}\n", side, cells, side);
  }
  picture += text.unicode ? "└" + rule + "┘\n" : "+" + rule + "+\n";
  picture += fmt::format("{}: {:.4g} to {:.4g}, to the right\n", options.x_name, all.x.low, all.x.high);
  for (std::size_t k = 0; k < all.classes; ++k) {
    Grid key(1, 1);
    key.at(0, 0) = text.colour ? Cell{" ", -1, series_colour(k, 0.65)} : Cell{ground_of(k), -1, -1};
    picture += fmt::format("[{}] {}", key.row(0, text.colour, true), all.name_of(k, options));
    if (!samples.empty())
      picture +=
          fmt::format("; its samples: {}, and {} where taken for another", letter_of(k, true), letter_of(k, false));
    picture += "\n";
  }
  for (const std::string& line : all.summary(samples, options)) picture += line + "\n";
  return picture;
}

}  // namespace downhill::inspect
