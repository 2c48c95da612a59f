#pragma once
// What the subcommands of `downhill` share: how one is added, how it fails, and what they ask of numbers.
//
// A subcommand is one file with one function, which adds it to the program; it runs when it has been read. What it
// throws decides the exit code: nothing, 0; NotReached, 1; an error of the library's or of the command line's, 2.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/error.hpp>

#include "../validators.hpp"

/// The run was sound, but did not reach what was asked: it diverged, a check failed, a file could not be written.
struct NotReached : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the library cannot read or write is not reached. Calls f, and throws NotReached in place of DataError.
template <class F>
void or_not_reached(F&& f) {
  try {
    f();
  } catch (const downhill::DataError& error) {
    throw NotReached(error.what());
  }
}

void add_bench(CLI::App& program);
void add_check(CLI::App& program);
void add_descend(CLI::App& program);
void add_doctor(CLI::App& program);
void add_ladder(CLI::App& program);
void add_trace(CLI::App& program);
void add_train(CLI::App& program);

/// Lines of at most `width` characters, broken at blanks.
std::string wrapped(std::string_view text, std::size_t width = 95);
/// "nan" whatever its sign.
double unsigned_nan(double x);

/// Can this file be written? Throws NotReached if not, before any work is done for it. An empty name is none.
void demand_writable(const std::string& file);
/// Throws OptionError where an output is the input, or two outputs are one file; empty names are none.
void demand_apart(const std::string& input, const std::vector<std::pair<std::string, std::string>>& outputs);
/// Writes a file and says so. Throws NotReached if that cannot be done.
void write_file(const std::string& file, std::string_view text, std::string_view what);
