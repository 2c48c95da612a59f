#include <autodiff/tape/misuse.hpp>

#include <fmt/format.h>

#include <autodiff/error.hpp>

namespace downhill::misuse {
namespace {

std::string described(std::string_view name, std::size_t slot) {
  return name.empty() ? fmt::format("the Var in slot {}", slot) : fmt::format("the Var '{}' (slot {})", name, slot);
}

}  // namespace

void stale_variable(std::string_view name, std::size_t slot, bool has_old_value) {
  if (has_old_value)
    throw TapeError(
        fmt::format("{} is stale: the parameters were updated in place since it was made; take it again "
                    "with tape.parameter(i), and record what depends on it again",
                    described(name, slot)));
  throw TapeError(
      fmt::format("{} is stale: the tape was rewound since it was made; record it again after the rewind, "
                  "or make it before the mark",
                  described(name, slot)));
}

void variable_of_dead_tape() {
  throw TapeError(
      "this Var is on a tape that no longer exists; a Var must not outlive its tape: keep x.value() instead, or let "
      "the "
      "tape live longer");
}

void foreign_variable(std::string_view operation) {
  throw TapeError(
      fmt::format("{}: the Vars are on different tapes; record all of one expression on one tape, and pass "
                  "values between tapes with x.value()",
                  operation));
}

void moved_from() {
  throw TapeError(
      "this Var has no value any more: it was moved from, and its slot went into the result; use the result, or copy "
      "the Var instead of moving it");
}

void passive_gradient() {
  throw TapeError(
      "gradient: this Var is passive: it was made from plain numbers and is on no tape; make what it should be "
      "differentiated by with tape.variable(value)");
}

void passive_objective() {
  throw TapeError(
      "minimize: the objective's result is passive: it does not depend on the parameters, as if it had been made from "
      "plain numbers; compute it from the Vars that the objective is given, without .value()");
}

void empty_tape() {
  throw TapeError("gradient: the tape is empty; make variables with tape.variable(value) and record an expression");
}

void recorded_after_sweep(std::string_view name, std::size_t slot) {
  throw TapeError(fmt::format("gradient: {} was recorded after this sweep; sweep again with tape.gradient(result)",
                              described(name, slot)));
}

void never_swept() {
  throw TapeError("gradient: nothing was swept into it yet; fill it with tape.gradient(result, it)");
}

void another_moment() {
  throw TapeError("gradient: the tape has changed since this sweep; sweep again with tape.gradient(result)");
}

void already_heard() { throw TapeError("this tape is traced already: one trace at a time; end the other one first"); }

void parameters_too_late() {
  throw TapeError(
      "parameters: something else than parameters is on the tape already; make all parameters before the first "
      "statement");
}

void foreign_mark() { throw TapeError("rewind: the mark was made on another tape; rewind each tape to its own marks"); }

void stale_mark() {
  throw TapeError("rewind: the mark is stale: the tape was rewound to before it; make it again with tape.mark()");
}

void out_of_slots(std::size_t limit) {
  throw TapeError(
      fmt::format("the tape is full: all of its {} slots are taken; rewind to a mark between steps, record "
                  "less at once, or use n-ary operations such as sum and dot, which take one slot each",
                  limit));
}

void too_many_edges(std::size_t count) {
  throw TapeError(fmt::format("one statement holds at most 4294967295 edges, not {}; split the range", count));
}

void no_such_parameter(std::size_t index, std::size_t count) {
  throw TapeError(fmt::format(
      "parameter({}): the tape has {} parameters, the variables made before the first statement", index, count));
}

void hidden_input() {
  throw TapeError(
      "recompute: the function uses a Var that is not one of its inputs, so the sweep could not record it again; pass "
      "it as an input");
}

void empty_range(std::string_view operation) {
  throw ShapeError(fmt::format("{}: the range is empty; it needs at least one element", operation));
}

void not_consecutive(std::string_view operation) {
  throw TapeError(fmt::format("{}: these are not parameters of one tape, one behind the other", operation));
}

void no_such_class(std::size_t label, std::size_t classes) {
  throw ShapeError(
      fmt::format("softmax_cross_entropy: the label {} of {} columns; labels count from 0", label, classes));
}

void no_such_row(std::size_t row, std::size_t rows) {
  throw ShapeError(fmt::format("gather_rows: the row {} of a matrix of {} rows; rows are counted from 0", row, rows));
}
void no_dropout_rate(double rate) {
  throw OptionError(fmt::format("dropout: the rate is {}; it must be at least 0 and less than 1", rate));
}
void no_such_input(std::size_t index, std::size_t count) {
  throw ShapeError(
      fmt::format("the function reads input [{}], but it was given {}; start from a point of as many numbers as "
                  "the function has inputs",
                  index, count));
}

void different_shapes(std::string_view operation, std::size_t rows, std::size_t columns, std::size_t other_rows,
                      std::size_t other_columns, std::string_view rule) {
  throw ShapeError(
      fmt::format("{}: {} x {} and {} x {}; {}", operation, rows, columns, other_rows, other_columns, rule));
}

void not_square(std::string_view operation, std::size_t rows, std::size_t columns) {
  throw ShapeError(fmt::format("{}: the matrix is {} x {}; it must be square", operation, rows, columns));
}

void different_sizes(std::string_view operation, std::size_t left, std::size_t right) {
  throw ShapeError(
      fmt::format("{}: the ranges have {} and {} elements; they must have the same number", operation, left, right));
}

}  // namespace downhill::misuse
