// Tables that must be read, and mistakes that must be named with their place.

#include <models/data/csv.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace downhill;

namespace {

using Values = std::vector<double>;
using Names = std::vector<std::string>;

Dataset parse(std::string_view text, const CsvOptions& options = {}) { return parse_csv(text, "t.csv", options); }

// What is wrong with the text; empty if nothing is.
std::string complaint(std::string_view text, const CsvOptions& options = {}) {
  try {
    parse(text, options);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

std::string refusal(const std::filesystem::path& path) {
  try {
    read_csv(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a table with a header gives its names and its rows") {
  const Dataset table = parse("time,height\n0.5,1.4\n2.3,1.9\n2.9,3.2\n");
  CHECK(table.source == "t.csv");
  CHECK(table.names == Names{"time", "height"});
  CHECK(table.values == Values{0.5, 1.4, 2.3, 1.9, 2.9, 3.2});
  CHECK(table.rows() == 3);
  CHECK(table.columns() == 2);
  CHECK(table.column(0) == Values{0.5, 2.3, 2.9});
  CHECK(table.column("height") == Values{1.4, 1.9, 3.2});
  CHECK(std::ranges::equal(table.row(1), Values{2.3, 1.9}));
}

TEST_CASE("a table without a header gets numbered names") {
  CHECK(parse("1,2\n3,4\n").names == Names{"column 1", "column 2"});
  CHECK(parse("7").values == Values{7});
  CHECK(parse("1,2\n3,4\n", {.header = Header::absent}).rows() == 2);
}

TEST_CASE("the first line can be forced to be names") {
  const Dataset table = parse("1990,1991\n3,4\n", {.header = Header::present});
  CHECK(table.names == Names{"1990", "1991"});
  CHECK(table.values == Values{3, 4});
  CHECK(complaint("x,y\n3,4\n", {.header = Header::absent}) ==
        "t.csv:1:1: 'x' in column 'column 1' is not a number; correct it or remove the row");
}

TEST_CASE("every separator is detected") {
  const Values values{1, 2, 3, 4};
  for (const std::string_view text :
       {"x,y\n1,2\n3,4", "x;y\n1;2\n3;4", "x\ty\n1\t2\n3\t4", "x y\n1 2\n3 4", "  x    y\n  1    2\n  3   4  ",
        "x \t y\n1\t 2\n3 \t4\n", "x, y\n1, 2\n3, 4", "temperature in C;pressure in bar\n1;2\n3;4",
        "the x, the y\n1 ,\t2\n3,4\n", "x (m, s);y\n1;2\n3;4\n", "x;y,z\n1,2\n3,4\n", "1,2\n3,4", "\n\n1;2\n3;4"}) {
    CAPTURE(text);
    CHECK(parse(text).values == values);
  }
}

TEST_CASE("one name of several words may stand above a single column") {
  const Dataset table = parse("body height\n1.5\n1.6\n");
  CHECK(table.names == Names{"body height"});
  CHECK(table.values == Values{1.5, 1.6});
}

TEST_CASE("the separator can be forced") {
  CHECK(parse("a|b\n1|2\n", {.separator = '|'}).values == Values{1, 2});
  CHECK(parse("1\t2\t\t3", {.separator = ' '}).values == Values{1, 2, 3});
  CHECK(parse("x y,z\n1,2\n", {.separator = ','}).names == Names{"x y", "z"});
  CHECK_THROWS_AS(parse("1", {.separator = 'e'}), OptionError);
  CHECK_THROWS_AS(parse("1", {.separator = '.'}), OptionError);
  CHECK_THROWS_AS(parse("1", {.separator = '\n'}), OptionError);
  CHECK_THROWS_WITH(parse("1", {.separator = '"'}),
                    "csv: '\"' cannot separate numbers; use a comma, a semicolon, a tab or a space");
}

TEST_CASE("lines may end in any of the three ways") {
  for (const std::string_view text : {"x,y\n1,2\n3,4\n", "x,y\r\n1,2\r\n3,4\r\n", "x,y\r1,2\r3,4\r", "x,y\r\n1,2\n3,4"})
    CHECK(parse(text).values == Values{1, 2, 3, 4});
}

TEST_CASE("a byte order mark and blank lines around the table and comments are skipped") {
  const Dataset table =
      parse("\xEF\xBB\xBF\n# measured in May\n  \nx,y\n # the first day\n1,2\n#\n3,4\n\n \t\n#end\n\n");
  CHECK(table.names == Names{"x", "y"});
  CHECK(table.values == Values{1, 2, 3, 4});
  CHECK(complaint("\xEF\xBB\xBFx,y\n1,a\n") ==
        "t.csv:2:3: 'a' in column 'y' is not a number; correct it or remove the row");
  CHECK(complaint("\xEF\xBB\xBF"
                  "1,b,2\n") ==
        "t.csv:1:3: 'b' stands among numbers in the first line; correct it, or name every column");
}

TEST_CASE("names and numbers may be quoted") {
  const Dataset table = parse("\"a \"\"big\"\" name\", \"b,c\" ,\"\"\n\"1\", \"2\" ,3\n", {.header = Header::present});
  CHECK(table.names == Names{"a \"big\" name", "b,c", "column 3"});
  CHECK(parse("\"x\" \"y z\"\n\"1\"  2\n").names == Names{"x", "y z"});
  CHECK(parse("\"x\" \"y z\"\n\"1\"  2\n").values == Values{1, 2});
}

TEST_CASE("a number may be written in every usual way") {
  CHECK(parse("+1e-3\n.5\n5.\n-0\n  7\t\n1E5\n-.25e+2\n00012\n").values == Values{1e-3, .5, 5, -0.0, 7, 1e5, -25, 12});
  CHECK(std::signbit(parse("-0").values[0]));
  CHECK(parse("4.9406564584124654e-324").values[0] == 4.9406564584124654e-324);
  CHECK(parse("0.1000000000000000055511151231257827").values[0] == 0.1);
  CHECK(parse("9007199254740993").values[0] == 9007199254740992.0);  // a tie goes to even
  CHECK(parse("9007199254740993.0000000000000000000000000000001").values[0] == 9007199254740994.0);
}

TEST_CASE("a ragged row is refused with both counts") {
  CHECK(complaint("x,y\n1,2\n3\n5,6\n") == "t.csv:3:2: 1 field in a table of 2 columns; add the missing ones");
  CHECK(complaint("x,y\n1,2\n3,4,5,6\n") == "t.csv:3:5: 4 fields in a table of 2 columns; remove the others");
  CHECK(complaint("1\n2\n3,4\n") == "t.csv:3:3: 2 fields in a table of 1 column; remove the others");
  CHECK(complaint("1 2\n3 4 5 \n") == "t.csv:2:5: 3 fields in a table of 2 columns; remove the others");
  CHECK(complaint("x,y\n1,2,\n") == "t.csv:2:5: 3 fields in a table of 2 columns; remove the others");
}

TEST_CASE("a word in a column of numbers is quoted and its column named") {
  CHECK(complaint("x,y\n1,2\n3,four\n5,6\n") ==
        "t.csv:3:3: 'four' in column 'y' is not a number; correct it or remove the row");
  CHECK(complaint("x;y\r\n1;2\r\n  NA ;6\r\n") ==
        "t.csv:3:3: 'NA' in column 'x' stands for a value that is missing; fill it in or remove the row");
  CHECK(complaint("x,y\n1,\"2 \"\n") == "t.csv:2:3: '2 ' in column 'y' is not a number; correct it or remove the row");
  for (const std::string_view word : {"0x10", "1e", "--1", "+-1", "+"})
    CHECK(complaint(fmt::format("x;y\n1;{}\n", word)) ==
          fmt::format("t.csv:2:3: '{}' in column 'y' is not a number; correct it or remove the row", word));
}

TEST_CASE("a place is counted in characters and not in bytes") {
  CHECK(complaint("größe,naïve\n\"1\",2\n3,äöü\n") ==
        "t.csv:3:3: 'äöü' in column 'naïve' is not a number; correct it or remove the row");
  CHECK(complaint("x;y;z\n1;2;3\n4;äöü;5;7\n") ==
        "t.csv:3:3: 'äöü' in column 'y' is not a number; correct it or remove the row");
  CHECK(complaint("größe,x,z,w\nä,1,2,3,4\n") ==
        "t.csv:2:1: 'ä' in column 'größe' is not a number; correct it or remove the row");
  CHECK(complaint("größe;\"ä\"b\n1;2\n") ==
        "t.csv:1:10: text after a closing quote; put a separator there, or write \"\" for a quote inside quotes");
}

TEST_CASE("a file without data is refused") {
  CHECK(complaint("") == "t.csv:1:1: the file has no data; give it rows of numbers");
  CHECK(complaint(" \n\n# nothing\n") == "t.csv:4:1: the file has no data; give it rows of numbers");
  CHECK(complaint("\xEF\xBB\xBF") == "t.csv:1:1: the file has no data; give it rows of numbers");
  CHECK(complaint("x,y") == "t.csv:1:4: names of columns but no data; add rows of numbers below them");
  CHECK(complaint("x,y\n\n") == "t.csv:1:4: names of columns but no data; add rows of numbers below them");
}

TEST_CASE("a number that is not finite is refused") {
  for (const std::string_view word : {"nan", "NaN", "-nan", "inf", "-Inf", "+infinity", "INFINITY", "nan(1)"})
    CHECK(complaint(fmt::format("x,y\n1,2\n{},3\n", word)) ==
          fmt::format("t.csv:3:1: '{}' in column 'x' is not finite; correct it or remove the row", word));
  CHECK(complaint("nan,inf\n1,2\n") ==
        "t.csv:1:1: 'nan' in column 'column 1' is not finite; correct it or remove the row");
}

TEST_CASE("a missing value is refused") {
  CHECK(complaint("x,y\n1,2\n,3\n") == "t.csv:3:1: no value in column 'x'; fill it in or remove the row");
  CHECK(complaint("x,y\n1,2\n3,\n") == "t.csv:3:3: no value in column 'y'; fill it in or remove the row");
  CHECK(complaint("1,,3\n4,5,6\n") == "t.csv:1:3: no value in column 'column 2'; fill it in or remove the row");
  CHECK(complaint("x,y\n1,\"\"\n") == "t.csv:2:3: no value in column 'y'; fill it in or remove the row");
  CHECK(complaint("x\ty\tz\n1\t\t2\n") == "t.csv:2:3: no value in column 'y'; fill it in or remove the row");
  CHECK(complaint("x\n1\n\n2\n") == "t.csv:3:1: an empty line inside the table; remove it or fill it in");
  CHECK(complaint("x\n\n\n1\n2\n") == "t.csv:2:1: an empty line inside the table; remove it or fill it in");
}

TEST_CASE("a number that no double is near is refused") {
  for (const std::string_view word : {"1e999", "-1e999", "1e-999", "+1.8e308"})
    CHECK(complaint(fmt::format("x,y\n1,{}\n", word)) ==
          fmt::format("t.csv:2:3: '{}' in column 'y' is out of range, 4.9e-324 to 1.8e308; change the unit", word));
}

TEST_CASE("what spreadsheets make of numbers is refused as what it is, and no advice makes it another number") {
  const auto trouble = [](const std::string& field) {
    const std::string said = complaint("x;y\n1;2\n3;" + field + "\n"),
                      before = "t.csv:3:3: '" + field + "' in column 'y' ";
    REQUIRE(said.starts_with(before));
    return said.substr(before.size());
  };
  CHECK(trouble("1,000") == "has a comma; write 1000 if it stands between thousands, 1.000 if it is a decimal comma");
  CHECK(trouble("1,234,567") == "has separators between thousands; write 1234567");
  CHECK(trouble("-1,234.5") == "has separators between thousands; write -1234.5");
  CHECK(trouble("12'345") == "has separators between thousands; write 12345");
  CHECK(trouble("12 345") == "has separators between thousands; write 12345");
  CHECK(trouble("1.234.567") == "has separators between thousands; write 1234567");
  CHECK(trouble("0,125") == "has a decimal comma; write a decimal point");
  CHECK(trouble("1000,125") == "has a decimal comma; write a decimal point");
  CHECK(trouble("12%") == "has a percent sign; remove it from the whole column");
  CHECK(trouble("0.13%") == "has a percent sign; remove it from the whole column");
  CHECK(trouble("$0.13") == "has a currency sign; remove it from the whole column");
  CHECK(trouble("$12") == "has a currency sign; remove it from the whole column");
  for (const char* date : {"2024-05-17", "17.05.2024", "5/17/24", "12:30", "2024-05-17T12:30:00Z"})
    CHECK(trouble(date) ==
          "is a date or a time; write it as a number, such as days since the first, or leave the column out");
  for (const char* missing : {"NA", "n/a", "null", "?", "-"})
    CHECK(trouble(missing) == "stands for a value that is missing; fill it in or remove the row");
}

TEST_CASE("a column of names is told from a mistake among numbers") {
  CHECK(complaint("x,kind\n1,cat\n2,dog\n") ==
        "t.csv:2:3: 'cat' in column 'kind' is a word, as most of that column; write classes as numbers 0, 1, 2 and so "
        "on, or leave the column out");
  CHECK(complaint("x,y\n1,one\n2,2\n3,3\n") ==
        "t.csv:2:3: 'one' in column 'y' is not a number; correct it or remove the row");
}

TEST_CASE("a decimal comma is refused as what it is") {
  CHECK(complaint("x;y\n1,5;2,5\n") == "t.csv:2:1: '1,5' in column 'x' has a decimal comma; write a decimal point");
  CHECK(complaint("1,5;2,5\n1;2\n") ==
        "t.csv:1:1: '1,5' in column 'column 1' has a decimal comma; write a decimal point");
  CHECK(complaint("x\ty\n-1,5e3\t2\n") ==
        "t.csv:2:1: '-1,5e3' in column 'x' has a decimal comma; write a decimal point");
}

TEST_CASE("a quote that does not end on its line is refused") {
  CHECK(complaint("x,\"y\n1,2\n") == "t.csv:1:3: a quote that is not closed on its line; add the closing quote");
  CHECK(complaint("x,y\n1,\"2\"\"\n") == "t.csv:2:3: a quote that is not closed on its line; add the closing quote");
  CHECK(complaint("\"") == "t.csv:1:1: a quote that is not closed on its line; add the closing quote");
  CHECK(complaint("x,y\n1,\"2\"3\n") ==
        "t.csv:2:6: text after a closing quote; put a separator there, or write \"\" for a quote inside quotes");
  CHECK(complaint("x y\n\"1\"2 3\n") ==
        "t.csv:2:4: text after a closing quote; put a separator there, or write \"\" for a quote inside quotes");
}

TEST_CASE("a word among numbers in the first line is neither a name nor a value") {
  CHECK(complaint("3,four\n5,6\n") ==
        "t.csv:1:3: 'four' stands among numbers in the first line; correct it, or name every column");
  CHECK(complaint("NA,4\n5,6\n") ==
        "t.csv:1:1: 'NA' stands among numbers in the first line; correct it, or name every column");
  CHECK(complaint("2024-05-17;height\n1;2\n") ==
        "t.csv:1:12: 'height' stands among numbers in the first line; correct it, or name every column");
  CHECK(parse(",2theta,intensity\n0,1,2\n").names == Names{"column 1", "2theta", "intensity"});
}

TEST_CASE("two columns of one name are refused") {
  CHECK(complaint("x,y,x\n1,2,3\n") == "t.csv:1:5: a second column called 'x'; give each a name of its own");
}

TEST_CASE("what is not text is refused") {
  CHECK(complaint(std::string_view("1,2\n3\0,4\n", 9)) ==
        "t.csv:2:2: a NUL byte: this is not a text file; give a table as plain text");
  CHECK(complaint("\xFF\xFE"
                  "1") == "t.csv:1:1: this is UTF-16 text; save the file as UTF-8");
  CHECK(complaint("\xFE\xFF"
                  "1") == "t.csv:1:1: this is UTF-16 text; save the file as UTF-8");
}

TEST_CASE("a message stays on one line and short whatever it quotes") {
  CHECK(complaint("x,y\n1,\x1B[31m\n") ==
        "t.csv:2:3: '\\x1B[31m' in column 'y' is not a number; correct it or remove the row");
  const std::string long_word(1'000'000, 'w');
  CHECK(complaint("x,y\n1," + long_word + "\n") ==
        fmt::format("t.csv:2:3: '{}...' in column 'y' is not a number; correct it or remove the row",
                    std::string(60, 'w')));
  try {
    parse_csv("", "two\nlines");
    FAIL("an empty file was read");
  } catch (const DataError& error) {
    CHECK(error.what() == std::string("two\\x0Alines:1:1: the file has no data; give it rows of numbers"));
  }
}

TEST_CASE("a file is read as the same text would be") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("good.csv", "x,y\r\n1,2\r\n");
  const Dataset table = read_csv(file);
  CHECK(table.source == file.string());
  CHECK(table.values == Values{1, 2});
  const std::filesystem::path bad = folder.write("bad.csv", "x,y\n1,two\n");
  CHECK(refusal(bad) == bad.string() + ":2:3: 'two' in column 'y' is not a number; correct it or remove the row");
  CHECK(refusal(folder.write("empty.csv", "")) ==
        (folder.path / "empty.csv").string() + ":1:1: the file has no data; give it rows of numbers");
}

TEST_CASE("a file of many blocks is read whole") {
  const TemporaryFolder folder;
  std::string text = "i,square\n";
  Values expected;
  for (int i = 0; i < 60'000; ++i) {
    text += fmt::format("{},{}\n", i, double(i) * i);
    expected.insert(expected.end(), {double(i), double(i) * i});
  }
  CHECK(read_csv(folder.write("long.csv", text)).values == expected);
}

TEST_CASE("a file that cannot be read is refused with the reason") {
  const TemporaryFolder folder;
  const std::string missing = (folder.path / "no_such.csv").string();
  CHECK(refusal(missing) == missing + ": cannot be read: No such file or directory; check the path");
  CHECK(refusal(folder.path) == folder.path.string() + ": cannot be read: it is a directory; check the path");
  const std::filesystem::path locked = folder.write("locked.csv", "1,2\n");
  std::filesystem::permissions(locked, std::filesystem::perms::none);
  if (!std::ifstream(locked))  // root may read it all the same
    CHECK(refusal(locked) == locked.string() + ": cannot be read: Permission denied; check the path");
  if (std::filesystem::exists("/dev/zero"))
    CHECK(refusal("/dev/zero") == "/dev/zero:1:1: a NUL byte: this is not a text file; give a table as plain text");
}

TEST_CASE("each of several parts has every so many rows, and what is wrong elsewhere is not its concern") {
  const std::string_view text = "x,y\n1,2\n3,4\n5,6\n7,8\n9,ten\n";
  CHECK(parse(text, {.part = 0, .parts = 3}).values == Values{1, 2, 7, 8});
  CHECK(complaint(text, {.part = 1, .parts = 3}) ==
        "t.csv:6:3: 'ten' in column 'y' is not a number; correct it or remove the row");
  CHECK(parse(text, {.part = 2, .parts = 3}).values == Values{5, 6});
  const Dataset none = parse(text, {.part = 7, .parts = 9});
  CHECK(none.names == Names{"x", "y"});
  CHECK(none.rows() == 0);
  CHECK_THROWS_AS(parse(text, {.part = 3, .parts = 3}), OptionError);
  CHECK_THROWS_AS(parse(text, {.part = 0, .parts = 0}), OptionError);
}

TEST_CASE("the NIST measurements of the examples are read whole") {
  const auto file = std::filesystem::path(__FILE__).parent_path() / "../../../examples/data/norris.csv";
  const Dataset table = read_csv(file);
  CHECK(table.names == Names{"x", "y"});
  CHECK(table.rows() == 36);
  CHECK(std::ranges::equal(table.row(0), Values{0.2, 0.1}));
  CHECK(std::ranges::equal(table.row(35), Values{0.5, 0.2}));
}

TEST_CASE("a line of very many fields takes no time that grows with their square") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "1,";
  CHECK(parse(text + "1").columns() == 200'001);
  CHECK(complaint(text + "1\n1,2").starts_with("t.csv:2:4: 2 fields in a table of 200001 columns"));
}
