#pragma once
/// \file
/// What can go wrong, as types. Numbers never throw: NaN and infinity travel as IEEE 754 says. Misuse throws, and the
/// message says what is wrong, where, and what to do about it.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace downhill {

/// Everything this library throws of its own accord derives from Error.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A tape or a Var was misused: a stale, foreign, passive, or moved-from Var, an empty or a full tape.
struct TapeError : Error {
  using Error::Error;
};

/// Two sizes do not fit together. The message names the operation and both shapes.
struct ShapeError : Error {
  using Error::Error;
};

/// An option is outside its domain, such as a learning rate that is not positive.
struct OptionError : Error {
  using Error::Error;
};

/// A data file cannot be used. The message is one line that starts with `file:line:column:` as far as they are known.
struct DataError : Error {
  using Error::Error;
};

/// A formula typed as text cannot be read. The message is one line that starts with `formula:line:column:`.
struct FormulaError : Error {
  FormulaError(const std::string& message, std::size_t error_line, std::size_t error_column, std::string error_excerpt)
      : Error(message), line(error_line), column(error_column), excerpt(std::move(error_excerpt)) {}
  std::size_t line, column;  ///< from 1, in characters as editors count them
  std::string excerpt;       ///< the line of the formula, and below it a mark: "tahn(x)\n^~~~"
};

}  // namespace downhill
