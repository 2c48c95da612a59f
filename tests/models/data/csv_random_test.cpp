// Random tables that must be read, and random bytes that must not do any harm.

#include <models/data/csv.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

using Values = std::vector<double>;
using Names = std::vector<std::string>;
using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) { return static_cast<std::size_t>(random() % limit); }

double random_number(Random& random) {
  switch (below(random, 4)) {
    case 0: return static_cast<double>(below(random, 2001)) - 1000;
    case 1: return std::ldexp(static_cast<double>(below(random, 1u << 20)), -10);
    default:
      for (;;)
        if (const double value = std::bit_cast<double>(random()); std::isfinite(value)) return value;
  }
}

std::string written(double value, Random& random) {
  std::string text;
  switch (below(random, 4)) {
    case 0: text = fmt::format("{}", value); break;
    case 1: text = fmt::format("{:.17g}", value); break;
    case 2: text = fmt::format("{:+.16e}", value); break;
    default: text = fmt::format("{:.16E}", value); break;
  }
  if (text.starts_with("0.")) text.erase(0, 1);  // .5
  if (text.ends_with(".0")) text.pop_back();     // 5.
  if (!text.starts_with('-') && !text.starts_with('+') && below(random, 4) == 0) text.insert(0, "+");
  return text;
}

std::string in_quotes(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

std::string blanks(Random& random, bool allowed) { return allowed ? std::string(below(random, 3), ' ') : ""; }

}  // namespace

TEST_CASE("random tables in every style are read back bit for bit") {
  constexpr std::array letters{"a", "B", "w", "_", "é", "λ", " ", ",", ";", "\t", "\"", "7", "#"};
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::size_t rows = 1 + below(random, 6), columns = 1 + below(random, 5);
    const char separator = std::array{',', ';', '\t', ' '}[below(random, 4)];
    const std::string line_end = std::array{"\n", "\r\n", "\r"}[below(random, 3)];
    const bool has_header = below(random, 2) == 0, quotes = below(random, 2) == 0, padded = below(random, 2) == 0;

    Names names;
    Values values;
    std::string text = below(random, 4) == 0 ? "\xEF\xBB\xBF" : "";
    const auto comment_or_blank = [&](bool blank) {
      if (below(random, 4) == 0) text += (blank ? blanks(random, true) : "# a comment, \"with; things") + line_end;
    };
    const auto append_line = [&](auto&& field) {
      for (std::size_t i = 0; i < columns; ++i) {
        if (i > 0) text += separator == ' ' ? std::string(1 + below(random, 3), ' ') : std::string(1, separator);
        text += blanks(random, padded) + field(i) + blanks(random, padded);
      }
      text += line_end;
    };
    comment_or_blank(true);
    comment_or_blank(false);
    if (has_header) {
      for (std::size_t i = 0; i < columns; ++i) {
        names.push_back(fmt::format("x{}", i));
        if (quotes)
          for (std::size_t n = below(random, 6); n > 0; --n) names.back() += letters[below(random, letters.size())];
      }
      append_line([&](std::size_t i) { return quotes ? in_quotes(names[i]) : names[i]; });
    } else {
      for (std::size_t i = 0; i < columns; ++i) names.push_back(fmt::format("column {}", i + 1));
    }
    for (std::size_t row = 0; row < rows; ++row) {
      comment_or_blank(false);
      append_line([&](std::size_t) {
        values.push_back(random_number(random));
        const std::string number = written(values.back(), random);
        return quotes && below(random, 2) == 0 ? in_quotes(number) : number;
      });
    }
    if (below(random, 2) == 0)
      text.resize(text.size() - line_end.size());
    else
      comment_or_blank(true);

    CAPTURE(text);
    const Dataset table =
        parse_csv(text, "t.csv", {.separator = below(random, 2) == 0 ? std::optional(separator) : std::nullopt});
    REQUIRE(table.names == names);
    REQUIRE(table.rows() == rows);
    REQUIRE(std::ranges::equal(table.values, values, {}, std::bit_cast<std::uint64_t, double>,
                               std::bit_cast<std::uint64_t, double>));
  }
}

namespace {

// Either a whole table of finite numbers, or a message of one line with a place in the text.
void demand_all_or_nothing(const std::string& text, const CsvOptions& options) {
  CAPTURE(text);
  try {
    const Dataset table = parse_csv(text, "t.csv", options);
    const bool whole = table.columns() > 0 && table.rows() > 0 && table.values.size() == table.rows() * table.columns();
    const bool finite = std::ranges::all_of(table.values, [](double value) { return std::isfinite(value); });
    if (!whole || !finite) FAIL("half a table");
  } catch (const DataError& error) {
    const std::string message = error.what();
    int line = 0, column = 0, length = 0;
    const bool placed = std::sscanf(message.c_str(), "t.csv:%d:%d: %n", &line, &column, &length) == 2 && length > 0;
    const auto lines = 1 + std::ranges::count_if(text, [](char c) { return c == '\n' || c == '\r'; });
    if (!placed || line < 1 || line > lines || column < 1) FAIL(message);
    if (message.find_first_of("\n\r") != std::string::npos || message.find("; ") == std::string::npos) FAIL(message);
  }
}

}  // namespace

TEST_CASE("random bytes are a table or a DataError and nothing else") {
  const std::string_view csv_letters = "0123456789..,,,;\t  \"\"\n\n\n\r+-eE#xynaif";
  const std::string sound = "# data\r\nx;\"y \"\"z\"\"\";w\r\n1;2.5;-3e2\n4; 5 ;\"6\"\n\n";
  for (std::uint64_t seed = 0; seed < 30'000; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    std::string text;
    switch (seed % 3) {
      case 0:
        text.resize(below(random, 60));
        for (char& c : text) c = static_cast<char>(below(random, 256));
        break;
      case 1:
        text.resize(below(random, 40));
        for (char& c : text) c = csv_letters[below(random, csv_letters.size())];
        break;
      default:
        text = sound.substr(0, below(random, sound.size() + 1));
        for (std::size_t n = below(random, 4); n > 0 && !text.empty(); --n)
          text[below(random, text.size())] = csv_letters[below(random, csv_letters.size())];
    }
    CsvOptions options;
    options.header = std::array{Header::detect, Header::present, Header::absent}[below(random, 3)];
    if (below(random, 2) == 0) options.separator = std::array{',', ';', '\t', ' ', '|'}[below(random, 5)];
    demand_all_or_nothing(text, options);
  }
}

TEST_CASE("a file cut short anywhere is a table or a DataError and nothing else") {
  const std::string sound = "# data\r\nx;\"y \"\"z\"\"\";w\r\n1;2.5;-3e2\n4; 5 ;\"6\"\n\n";
  for (std::size_t length = 0; length <= sound.size(); ++length) demand_all_or_nothing(sound.substr(0, length), {});
}
