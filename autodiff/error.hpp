#pragma once
// What can go wrong, as types. Numbers never throw: NaN and infinity travel as IEEE 754 says. Misuse throws, and the
// message says what is wrong, where, and what to do about it.

#include <stdexcept>

namespace downhill {

/// Everything this library throws of its own accord derives from Error.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A tape or a Var was misused: a stale, foreign, passive, moved-from or uninitialised Var, an empty or a full tape.
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

}  // namespace downhill
