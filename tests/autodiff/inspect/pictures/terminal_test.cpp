#include <autodiff/inspect/pictures/terminal.hpp>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include <support/catch.hpp>

using namespace downhill::inspect;
using namespace downhill::inspect::terminal_detail;

TEST_CASE("a file is no terminal: it gets no colours") {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  const TextOptions options = options_for(file);
  std::fclose(file);
  CHECK_FALSE(options.colour);
  CHECK(options.width == 80);
}

TEST_CASE("a row writes a colour where it changes, and ends without one") {
  Grid grid(5, 1);
  grid.at(0, 0) = {"a", 3, -1};
  grid.at(1, 0) = {"b", 3, -1};
  grid.at(2, 0) = {"c", -1, 7};
  CHECK(grid.row(0, true) == "\x1b[38;5;3mab\x1b[0m\x1b[48;5;7mc\x1b[0m");
  CHECK(grid.row(0, false) == "abc");
  CHECK(grid.row(0, false, true) == "abc  ");
}

TEST_CASE("dots join in one character") {
  Grid grid(2, 1);
  Dots dots(grid);
  dots.put(0, 0, -1);
  CHECK(grid.row(0, false) == "⠁");
  dots.put(1, 3, -1);
  CHECK(grid.row(0, false) == "⢁");
  for (std::size_t column = 0; column < dots.columns(); ++column)
    for (std::size_t row = 0; row < dots.rows(); ++row) dots.put(column, row, -1);
  CHECK(grid.row(0, false) == "⣿⣿");
}

TEST_CASE("series differ in colour and in their marks") {
  std::set<int> colours;
  std::set<std::string> marks, plain_marks;
  for (std::size_t i = 0; i < 8; ++i) {
    colours.insert(series_colour(i));
    marks.emplace(series_glyph(i, true));
    plain_marks.emplace(series_glyph(i, false));
  }
  CHECK(colours.size() == 8);
  CHECK(marks.size() == 8);
  CHECK(plain_marks.size() == 8);
  CHECK(colour_of(palette::black) == 16);
  CHECK(colour_of(palette::white) == 231);
  CHECK(colour_of({0, 255, 128}) == 16 + 30 + 2);
  CHECK(colour_of(palette::white, -5) == 16);
  CHECK(colour_of(palette::white, 7) == 231);
}
