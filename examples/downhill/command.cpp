#include "command.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include <autodiff/error.hpp>
#include <autodiff/inspect/page.hpp>
#include <autodiff/inspect/utf8.hpp>

#include "../program.hpp"

namespace {

template <class Number, class Holds>
CLI::Validator number_that(Holds holds, const std::string& expected) {
  return {[=](const std::string& text) {
            const std::optional<Number> number = number_from<Number>(text);
            return number && holds(*number) ? std::string() : fmt::format("'{}' is not {}", text, expected);
          },
          ""};
}

}  // namespace

CLI::Validator positive_number() {
  return number_that<double>([](double x) { return x > 0 && std::isfinite(x); },
                             "a positive number; write it as in 0.1");
}

CLI::Validator fraction() {
  return number_that<double>([](double x) { return x >= 0 && x < 1; }, "a number from 0 to 1, without 1, as in 0.9");
}

CLI::Validator whole_number(std::uint64_t from, std::uint64_t to) {
  return number_that<std::uint64_t>([=](std::uint64_t x) { return from <= x && x <= to; },
                                    fmt::format("a whole number from {} to {}", from, to));
}

std::string wrapped(std::string_view text, std::size_t width) {
  std::string lines;
  while (downhill::inspect::utf8::length(text) > width) {
    std::size_t end = text.rfind(' ', width);
    if (end == std::string_view::npos) end = text.find(' ');
    if (end == std::string_view::npos) break;
    lines += fmt::format("{}\n", text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines += text;
}

double unsigned_nan(double x) { return std::isnan(x) ? std::abs(x) : x; }

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void write_file(const std::string& file, std::string_view text, std::string_view what) {
  try {
    downhill::inspect::write(file, text);
  } catch (const downhill::DataError& error) {
    throw NotReached(error.what());
  }
  fmt::print("{}: {}\n", what, file);
}
