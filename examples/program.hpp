#pragma once
// What the example programs share. CLI11 reads their options; a mistake of the user ends in one line on stderr and exit
// code 2, any other failure in exit code 1.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <autodiff/error.hpp>

/// The whole text as a number, or nothing.
template <class Number>
std::optional<Number> number_from(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

/// Runs a program: parses the options of `app`, then `run()` returns the exit code.
template <class Run>
int run_program(CLI::App& app, int count, char** arguments, Run&& run) {
  const std::string name = app.get_name();
  try {
    app.parse(count, arguments);
    const int code = run();
    if (std::fflush(stdout) != 0) throw downhill::DataError("the output cannot be written");
    return code;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {}; see --help\n", name, error.what());
    return 2;
  } catch (const downhill::DataError& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 2;
  }
}
