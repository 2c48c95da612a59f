#include <autodiff/inspect/pictures/page.hpp>

#include <fmt/format.h>

#include <autodiff/files/atomic_file.hpp>
#include <autodiff/inspect/pictures/palette.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill::inspect {
namespace {

std::string css(const palette::Colour& colour) {
  const std::string text = fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
  return colour.opacity == 255 ? text : fmt::format("{}{:02x}", text, colour.opacity);
}

std::string variables(const palette::Theme& theme) {
  std::string style = fmt::format(
      "--page: {}; --ink: {}; --quiet: {}; --rule: {};\n  --low: {}; --high: {}; --line: {}; --nothing: {};\n ",
      css(theme.page), css(theme.ink), css(theme.quiet), css(theme.rule), css(theme.low), css(theme.high),
      css(theme.height_line), css(theme.no_ground));
  for (std::size_t i = 0; i < theme.series.size(); ++i) style += fmt::format(" --c{}: {};", i, css(theme.series[i]));
  return style;
}

// Everything a drawing is made of. --c is the colour of its series, --shade how much of it.
const std::string& drawing_style() {
  static const std::string style = R"(
:root { color-scheme: light dark; )" +
                                   variables(palette::light) +
                                   R"( }
@media (prefers-color-scheme: dark) { :root { )" +
                                   variables(palette::dark) + R"( } }
.s0 { --c: var(--c0); } .s1 { --c: var(--c1); } .s2 { --c: var(--c2); } .s3 { --c: var(--c3); }
.s4 { --c: var(--c4); } .s5 { --c: var(--c5); } .s6 { --c: var(--c6); } .s7 { --c: var(--c7); }
svg { font-family: system-ui, sans-serif; }
.label { font-size: 12px; fill: var(--quiet); font-variant-numeric: tabular-nums; }
.name { font-size: 13px; font-style: italic; fill: var(--ink); }
.note { font-size: 12px; fill: var(--ink); }
.grid { stroke: var(--rule); stroke-width: 1; fill: none; }
.tick, .frame { fill: none; stroke: var(--quiet); stroke-width: 1; }
.curve { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.mark { fill: var(--c); stroke: var(--page); stroke-width: .7; }
.ring { fill: none; stroke: var(--c); stroke-width: 1.6; }
.cross { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linecap: round; }
.top { fill: var(--high); } .band { fill: color-mix(in oklab, var(--high) var(--shade), var(--low)); }
.face { fill: color-mix(in oklab, var(--high) var(--shade), var(--low)); stroke: var(--line); stroke-width: .4; }
.line { fill: none; stroke: var(--line); stroke-width: 1; stroke-linecap: round; }
.region { fill: color-mix(in oklab, var(--c) var(--shade), var(--page)); }
.border { fill: none; stroke: var(--ink); stroke-width: 1.2; stroke-linecap: round; }
.nothing { fill: var(--nothing); }
.sample { fill: var(--c); stroke: var(--page); stroke-width: 1; }
.wrong { fill: none; stroke: var(--ink); stroke-width: 1.5; }
.walk .curve { stroke-width: 1.2; }
image { image-rendering: pixelated; }
)";
  return style;
}

constexpr std::string_view page_style = R"(
body { margin: 2rem auto; max-width: 940px; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .4rem; } p.intro { color: var(--quiet); max-width: 46rem; margin: 0 0 1.4rem; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 1.6rem 2rem; }
figure { margin: 0; } figure.wide { grid-column: 1 / -1; } figure h2 { font-size: 1.05rem; margin: 0 0 .3rem; }
figcaption { font-size: .875rem; color: var(--quiet); font-variant-numeric: tabular-nums; margin: .3rem 0 0; }
figcaption p { margin: 0; } figure > svg { width: 100%; height: auto; display: block; }
)";

std::string captions(const Figure& figure, std::string_view before, std::string_view after) {
  std::string text;
  for (const std::string& line : figure.lines) text += fmt::format("{}{}{}", before, escaped(line), after);
  return text;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const utf8::Character c = utf8::first_character(text);
    switch (c.code) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\'': safe += "&#39;"; break;
      case '\t':
      case '\n':
      case '\r': safe += ' '; break;
      default:
        if (c.code < 0x20 || c.code == 0xFFFE || c.code == 0xFFFF || c.code == utf8::Character::broken)
          safe += '?';
        else
          safe += text.substr(0, c.bytes);
    }
    text.remove_prefix(c.bytes);
  }
  return safe;
}

std::string page(std::string_view title, std::string_view introduction, std::span<const Figure> figures,
                 std::string_view shared) {
  constexpr double wide = 600;  // such a figure has a row of its own
  std::string html = fmt::format("<h1>{}</h1>\n<p class=\"intro\">{}</p>\n", escaped(title), escaped(introduction));
  if (!shared.empty())
    html += fmt::format(
        "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>{}</defs></svg>\n",
        shared);
  html += "<main>\n";
  for (const Figure& figure : figures)
    html += fmt::format(
        "<figure{}>\n<h2>{}</h2>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>\n"
        "<figcaption>{}</figcaption>\n</figure>\n",
        figure.width > wide ? " class=\"wide\"" : "", escaped(figure.title), figure.width, figure.height,
        escaped(figure.title), figure.drawing, captions(figure, "<p>", "</p>"));
  return frame(title, page_style, html + "</main>\n");
}

std::string frame(std::string_view title, std::string_view style, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n"
      "{}</body>\n</html>\n",
      escaped(title), drawing_style(), style, body);
}

std::string svg(const Figure& figure) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\">\n"
      "<title>{2}</title>\n<desc>{3}</desc>\n<style>{4}</style>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"var(--page)\"/>\n{5}</svg>\n",
      figure.width, figure.height, escaped(figure.title), captions(figure, "", "\n"), drawing_style(), figure.drawing);
}

void write(const std::filesystem::path& file, std::string_view text) { write_file(file, text); }

constexpr std::size_t legend_columns = 3;
constexpr double legend_line = 20;

double legend_height(std::size_t names) {
  return legend_line * static_cast<double>((names + legend_columns - 1) / legend_columns);
}

std::string legend(std::span<const std::string> names, double left, double top, double width) {
  constexpr std::size_t longest = 32;
  std::string drawing;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double x = left + static_cast<double>(i % legend_columns) * width / legend_columns;
    const double y = top + 8 + legend_line * static_cast<double>(i / legend_columns);
    drawing += fmt::format(
        "<g class=\"{0}\"><path class=\"curve\" d=\"M{1:.1f} {2:.1f}h22\"/></g><text class=\"note\" x=\"{3:.1f}\" "
        "y=\"{4:.1f}\">{5}</text>\n",
        series_class(i), x, y, x + 28, y + 4, escaped(utf8::shortened(names[i], longest)));
  }
  return drawing;
}

std::string series_class(std::size_t index) { return fmt::format("s{}", index % series_colours); }

}  // namespace downhill::inspect
