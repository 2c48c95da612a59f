#include <autodiff/inspect/pictures/weight_images.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <autodiff/error.hpp>
#include <autodiff/inspect/pictures/palette.hpp>
#include <autodiff/inspect/pictures/plot.hpp>
#include <autodiff/inspect/pictures/png.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill::inspect {
namespace {

// The matrix as images, and their scale.
struct Images {
  std::span<const double> weights;
  std::size_t inputs, units, width, height, shown;
  bool has_both_signs = false;
  double largest = 0;  // the size of the largest finite weight
  std::size_t broken = 0;

  double at(std::size_t unit, std::size_t x, std::size_t y) const { return weights[(y * width + x) * units + unit]; }
  // From -1 to 1.
  double part(double weight) const { return largest > 0 ? std::clamp(weight / largest, -1.0, 1.0) : 0; }
};

std::size_t squarest(std::size_t inputs) {
  auto height = static_cast<std::size_t>(std::sqrt(static_cast<double>(inputs)));
  while (height > 1 && inputs % height != 0) --height;
  return height == 0 ? 0 : inputs / height;
}

Images images_of(std::span<const double> weights, std::size_t inputs, std::size_t units, const ImageOptions& options) {
  if (weights.size() != inputs * units)
    throw ShapeError(fmt::format("weight_images: {} weights for a matrix of {} x {}", weights.size(), inputs, units));
  const std::size_t width = options.width > 0 ? options.width : squarest(inputs);
  if (width > 0 && inputs % width != 0)
    throw ShapeError(fmt::format("weight_images: rows of {} do not fill an image of {} pixels", width, inputs));
  Images images{
      weights, inputs, units, width, width > 0 ? inputs / width : 0, inputs > 0 ? std::min(units, options.most) : 0};
  bool positive = false, negative = false;
  for (const double weight : weights) {
    if (!std::isfinite(weight)) {
      ++images.broken;
      continue;
    }
    positive = positive || weight > 0, negative = negative || weight < 0;
    images.largest = std::max(images.largest, std::abs(weight));
  }
  images.has_both_signs = positive && negative;
  return images;
}

std::string title_of(std::size_t unit, const ImageOptions& options) {
  return unit < options.titles.size() ? options.titles[unit] : fmt::format("{}", unit);
}

std::vector<std::string> summary(const Images& images) {
  std::vector<std::string> lines;
  if (images.shown == 0) lines.push_back("no weights");
  if (images.shown < images.units) lines.push_back(fmt::format("the first {} of {} units", images.shown, images.units));
  if (images.broken > 0)
    lines.push_back(fmt::format("{} of {} weights are NaN or infinite", images.broken, images.weights.size()));
  return lines;
}

// 1 to 255 are the parts from -1 to 1, in colours that show the page through where they are near 0; 0 is NaN.
constexpr std::uint8_t middle = 128;
std::array<palette::Colour, 256> colours_of_parts() {
  std::array<palette::Colour, 256> colours{};
  colours[0] = palette::light.no_number;
  for (int i = 1; i < 256; ++i) {
    const int size = i > middle ? i - middle : middle - i;
    palette::Colour& colour = colours[static_cast<std::size_t>(i)];
    colour = i < middle ? palette::light.negative : palette::light.positive;
    colour.opacity = static_cast<std::uint8_t>(std::min(255, 2 * size + (size > 0 ? 1 : 0)));
  }
  return colours;
}
std::uint8_t index_of(double part) {
  return std::isfinite(part) ? static_cast<std::uint8_t>(middle + std::lround(127 * part)) : std::uint8_t{0};
}

std::string image(double x, double y, double width, double height, const std::string& address) {
  return fmt::format(
      "<image x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{3:.1f}\" preserveAspectRatio=\"none\" "
      "href=\"{4}\"/><path class=\"frame\" d=\"M{0:.1f} {1:.1f}h{2:.1f}v{3:.1f}h-{2:.1f}Z\"/>",
      x, y, width, height, address);
}

std::vector<double> as_doubles(std::span<const float> weights) { return {weights.begin(), weights.end()}; }

}  // namespace

Figure weight_images(std::span<const double> weights, std::size_t inputs, std::size_t units,
                     const ImageOptions& options) {
  constexpr double page_width = 760, gap = 12, caption = 18, scale_height = 46;
  const Images images = images_of(weights, inputs, units, options);
  Figure figure{.title = options.title, .width = page_width, .height = 0, .drawing = "", .lines = summary(images)};
  // As many in a row as there is room for, of about one size.
  const std::size_t columns = std::clamp<std::size_t>(images.shown, 1, images.shown > 20 ? 8 : 5);
  const double width = std::min((page_width - gap) / static_cast<double>(columns) - gap, 200.0);
  const double height =
      images.width == 0 ? 0
                        : std::max(width * static_cast<double>(images.height) / static_cast<double>(images.width), 2.0);
  const auto colours = colours_of_parts();
  for (std::size_t unit = 0; unit < images.shown; ++unit) {
    std::vector<std::uint8_t> pixels;
    for (std::size_t y = 0; y < images.height; ++y)
      for (std::size_t x = 0; x < images.width; ++x) {
        const double weight = images.at(unit, x, y);
        pixels.push_back(std::isfinite(weight) ? index_of(images.part(weight)) : std::uint8_t{0});
      }
    const double left = gap + static_cast<double>(unit % columns) * (width + gap);
    const double top = caption + static_cast<double>(unit / columns) * (height + caption + gap);
    figure.drawing += fmt::format("<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", left, top - 5,
                                  escaped(utf8::shortened(title_of(unit, options), 16)));
    figure.drawing += image(left, top, width, height, png_address(images.width, images.height, pixels, colours)) + "\n";
  }
  const std::size_t rows = (images.shown + columns - 1) / columns;
  const double bottom = static_cast<double>(rows) * (height + caption + gap);
  figure.height = bottom + scale_height;
  if (images.shown == 0) return figure;
  std::array<std::uint8_t, 255> shades{};
  for (std::size_t i = 0; i < shades.size(); ++i) shades[i] = static_cast<std::uint8_t>(i + 1);
  const bool is_negative = !images.has_both_signs && std::ranges::any_of(weights, [](double w) { return w < 0; });
  const std::size_t first = images.has_both_signs || is_negative ? 0 : 127, count = images.has_both_signs ? 255 : 128;
  figure.drawing +=
      image(gap, bottom + 6, 240, 12, png_address(count, 1, std::span(shades).subspan(first, count), colours));
  const auto label = [&](double x, const char* anchor, double value) {
    figure.drawing += fmt::format("<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{:.3g}</text>", x,
                                  bottom + 34, anchor, value);
  };
  label(gap, "start", first == 0 ? -images.largest : 0);
  if (images.has_both_signs) label(gap + 120, "middle", 0);
  label(gap + 240, "end", is_negative ? 0 : images.largest);
  return figure;
}

Figure weight_images(std::span<const float> weights, std::size_t inputs, std::size_t units,
                     const ImageOptions& options) {
  return weight_images(as_doubles(weights), inputs, units, options);
}

std::string weight_images_text(std::span<const double> weights, std::size_t inputs, std::size_t units,
                               const TextOptions& text, const ImageOptions& options) {
  using namespace terminal_detail;
  const Images images = images_of(weights, inputs, units, options);
  const std::size_t width = std::max<std::size_t>(text.width, 20);
  // Blocks of stride x stride pixels become one place, two characters wide, or one where even that is too much.
  const std::size_t stride = std::max<std::size_t>((2 * images.width + width - 1) / width, 1);
  const std::size_t columns = (images.width + stride - 1) / stride, rows = (images.height + stride - 1) / stride;
  const std::size_t per_row = std::max<std::size_t>((width + 2) / (2 * columns + 2), 1);
  constexpr std::array<std::string_view, 5> blocks{"  ", "░░", "▒▒", "▓▓", "██"};
  constexpr std::string_view minus = " .-=%", plus = " :+*#";
  const auto glyph_of = [&](double part) -> std::string {
    if (std::isnan(part)) return "??";
    const auto level = static_cast<std::size_t>(std::lround(4 * std::abs(part)));
    if (text.unicode && !images.has_both_signs) return std::string(blocks[level]);
    return std::string(2, (part < 0 && images.has_both_signs ? minus : plus)[level]);
  };
  std::string picture;
  for (std::size_t begin = 0; begin < images.shown; begin += per_row) {
    const std::size_t count = std::min(per_row, images.shown - begin);
    std::string titles;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string title = utf8::shortened(title_of(begin + i, options), 2 * columns);
      titles += title + std::string(2 * columns + 2 - std::min(utf8::length(title), 2 * columns), ' ');
    }
    titles.resize(titles.find_last_not_of(' ') + 1);
    picture += titles + "\n";
    for (std::size_t row = 0; row < rows; ++row) {
      Grid grid(count * (columns + 1), 1);
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t column = 0; column < columns; ++column) {
          double total = 0;
          std::size_t pixels = 0;
          for (std::size_t y = row * stride; y < std::min((row + 1) * stride, images.height); ++y)
            for (std::size_t x = column * stride; x < std::min((column + 1) * stride, images.width); ++x, ++pixels)
              total +=
                  std::isfinite(images.at(begin + i, x, y)) ? images.part(images.at(begin + i, x, y)) : std::nan("");
          const double part = total / static_cast<double>(pixels);
          Cell& cell = grid.at(i * (columns + 1) + column, 0);
          if (!text.colour)
            cell.glyph = glyph_of(part);
          else if (std::isnan(part))
            cell = {"??", -1, -1};
          else
            cell = {"  ", -1, colour_of(part < 0 ? palette::dark.negative : palette::dark.positive, std::abs(part))};
        }
        grid.at(i * (columns + 1) + columns, 0).glyph = "  ";
      }
      std::string line = grid.row(0, text.colour, true);
      line.resize(line.find_last_not_of(' ') + 1);
      picture += line + "\n";
    }
    picture += "\n";
  }
  if (images.has_both_signs && !text.colour)
    picture += fmt::format("{:.3g} %=-. 0 :+*# {:.3g}\n", -images.largest, images.largest);
  else if (images.shown > 0)
    picture += fmt::format("the largest weight has the size {:.3g}\n", images.largest);
  for (const std::string& line : summary(images)) picture += line + "\n";
  return picture;
}

std::string weight_images_text(std::span<const float> weights, std::size_t inputs, std::size_t units,
                               const TextOptions& text, const ImageOptions& options) {
  return weight_images_text(as_doubles(weights), inputs, units, text, options);
}

}  // namespace downhill::inspect
