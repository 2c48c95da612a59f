#include <autodiff/text/table.hpp>

#include <array>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace downhill;

TEST_CASE("columns are as wide as their widest cell, in characters, and no line ends in blanks") {
  const std::vector<TableRow> rows{{"name", "", "value", "why"}, {"θ²", "", "-1.5", ""}, {"longer", "", "2", "so"}};
  CHECK(aligned_text(rows, std::array{Align::left, Align::left, Align::right, Align::left}) ==
        "name    value  why\n"
        "θ²       -1.5\n"
        "longer      2  so\n");
}

TEST_CASE("the last alignment goes on, rows may be short, and there may be none") {
  const std::vector<TableRow> rows{{"a", "b", "c"}, {"1"}, {"22", "333", "4444"}};
  CHECK(aligned(rows, std::array{Align::right}) == std::vector<std::string>{" a    b     c", " 1", "22  333  4444"});
  CHECK(aligned({}, std::array{Align::left}).empty());
}

TEST_CASE("a colour takes no room, and an empty cell has none") {
  const std::vector<TableRow> rows{
      {{"ab", "\x1b[1m"}, {"x", ""}}, {{"abc", ""}, {"y", ""}}, {{"", "\x1b[1m"}, {"z", ""}}};
  CHECK(aligned_text(rows, std::array{Align::left}) == "\x1b[1mab\x1b[0m   x\nabc  y\n     z\n");
}

TEST_CASE("cells are padded to a least width") {
  const std::vector<TableRow> rows{{"a", "bbbb"}};
  CHECK(padded(rows, std::array{Align::left, Align::right}, 3) ==
        std::vector<std::vector<std::string>>{{"a  ", "bbbb"}});
}

TEST_CASE("lines stand behind blanks where they are not empty, and a rule is as wide as it is told") {
  const std::vector<TableRow> rows{{"a", "bb"}, {}, {"ccc", "d"}};
  CHECK(aligned_text(rows, std::array{Align::left}, 2) == "  a    bb\n\n  ccc  d\n");
  CHECK(widest(rows) == 3);
  CHECK(rule(3) == "───");
}
