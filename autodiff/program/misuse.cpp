#include <autodiff/program/misuse.hpp>

#include <fmt/format.h>

namespace downhill::misuse {

void symbol_of_finished_recording(std::string_view operation) {
  throw TapeError(fmt::format(
      "{}: this Symbol is of a recording that is over; a recorded function uses what it is given, and keeps "
      "none of it for later",
      operation));
}
void symbol_of_another_recording(std::string_view operation) {
  throw TapeError(
      fmt::format("{}: the Symbols are of different recordings; a recorded function uses the parameters and the sample "
                  "that it is given, and numbers",
                  operation));
}
void wrong_parameters(std::string_view operation, std::size_t wanted, std::size_t given) {
  throw ShapeError(
      fmt::format("{}: the program was recorded with {} parameters, and is given {}", operation, wanted, given));
}
void wrong_sample(std::string_view operation, std::size_t wanted, std::size_t given) {
  throw ShapeError(fmt::format("{}: the program was recorded with samples of {} numbers, and is given {}", operation,
                               wanted, given));
}
void wrong_direction(std::string_view operation, std::size_t wanted, std::size_t given) {
  throw ShapeError(fmt::format("{}: the direction has {} numbers, and the program {} parameters; give one for each",
                               operation, given, wanted));
}
void wrong_gradient(std::string_view operation, std::size_t wanted, std::size_t given) {
  throw ShapeError(
      fmt::format("{}: the gradient has {} numbers and there are {} to be written", operation, given, wanted));
}
void broken_rows(std::string_view operation, std::size_t numbers, std::size_t per_sample) {
  throw ShapeError(fmt::format(
      "{}: {} numbers are no whole rows of {}; the program was recorded with samples of {} numbers, and takes "
      "them row by row",
      operation, numbers, per_sample, per_sample));
}
void wrong_columns(std::string_view operation, std::size_t wanted, std::size_t given) {
  throw ShapeError(
      fmt::format("{}: the program was recorded with samples of {} numbers, and is given {} columns; give "
                  "one for each number",
                  operation, wanted, given));
}
void uneven_columns(std::string_view operation, std::size_t first, std::size_t another) {
  throw ShapeError(fmt::format("{}: columns of {} and of {} numbers; each sample needs one number of each", operation,
                               first, another));
}
void no_samples(std::string_view operation) {
  throw ShapeError(fmt::format("{}: there are no samples; give at least one row", operation));
}
void no_numbers_in_a_sample(std::string_view operation) {
  throw ShapeError(
      fmt::format("{}: the program was recorded with samples of 0 numbers, so there are no rows to count", operation));
}
void no_parameters(std::string_view operation) {
  throw ShapeError(fmt::format(
      "{}: the program was recorded with 0 parameters, so there is nothing to descend along; record it with "
      "as many parameters as it has",
      operation));
}
void along_too_many(std::string_view operation, std::size_t along, std::size_t per_sample) {
  throw ShapeError(fmt::format(
      "{}: derivatives are wanted along {} numbers of a sample, and the program was recorded with samples of "
      "{}; give at most as many, or 0 for all of them",
      operation, along, per_sample));
}
void wrong_weights(std::string_view operation, std::size_t samples, std::size_t weights) {
  throw ShapeError(
      fmt::format("{}: {} weights for {} samples; give one for each, or none", operation, weights, samples));
}
void no_such_sample(std::string_view operation, std::size_t index, std::size_t samples) {
  throw ShapeError(fmt::format("{}: the sample {} of {}; they are counted from 0", operation, index, samples));
}

}  // namespace downhill::misuse
