#pragma once
// What the examples ask of numbers on the command line: validators of CLI11, which say what was expected instead.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "program.hpp"

template <class Number, class Holds>
CLI::Validator number_that(Holds holds, const std::string& expected) {
  return {[=](const std::string& text) {
            const std::optional<Number> number = number_from<Number>(text);
            return number && holds(*number) ? std::string() : fmt::format("'{}' is not {}", text, expected);
          },
          ""};
}

inline CLI::Validator positive_number() {
  return number_that<double>([](double x) { return x > 0 && std::isfinite(x); },
                             "a positive number; write it as in 0.1");
}

inline CLI::Validator number_from_to(double from, double to) {
  return number_that<double>([=](double x) { return from <= x && x <= to; },
                             fmt::format("a number from {:g} to {:g}", from, to));
}

inline CLI::Validator fraction() {
  return number_that<double>([](double x) { return x >= 0 && x < 1; }, "a number from 0 to 1, without 1, as in 0.9");
}

inline CLI::Validator fraction_between() {
  return number_that<double>([](double x) { return x > 0 && x < 1; }, "a number between 0 and 1, as in 0.2");
}

inline CLI::Validator whole_number(std::uint64_t from, std::uint64_t to) {
  return number_that<std::uint64_t>([=](std::uint64_t x) { return from <= x && x <= to; },
                                    fmt::format("a whole number from {} to {}", from, to));
}
