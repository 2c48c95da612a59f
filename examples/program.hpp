#pragma once
// What the example programs share: their options are read by CLI11, mistakes of the user's end in one line on stderr
// and exit code 2, what went wrong otherwise in exit code 1.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include <autodiff/error.hpp>

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
