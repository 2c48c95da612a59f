#pragma once
/// \file
/// The record: what a tape computed on the way to one result, and what the sweep then did, as plain data. The table,
/// the graph, the JSON document, `why` and `autopsy` are all made from it; nothing is shown that was not computed.
///
///     loss = square(w * x - y)
///
///     steps    w 0.5    x 2    y 3    * 1 (w: slope 2, x: 0.5)    - -2 (*: 1, y: -1)    square 4 (-: -4)
///     sweep    square, adjoint 1: -4 flows to -    -, adjoint -4: -4 flows to *, 4 to y    *, adjoint -4: ...
///
/// Steps stand in the order in which they were recorded, variables before them, and a step comes after its operands.
/// Visits of the sweep stand in the order in which it made them.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/tape/block.hpp>

namespace downhill::inspect {

/// The slot or the step that a plain number has: none.
inline constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// A line of a program, as far as it is known: see `Trace`. The scope is what `Trace::here` was given.
struct Source {
  std::string file, function, scope;
  std::size_t line = 0;

  bool is_known() const { return !file.empty(); }
  bool operator==(const Source&) const = default;
};

/// What a step took: the result of another step, or a constant.
struct Operand {
  std::size_t slot = nowhere;   // of its first element; nowhere for a constant: a plain number or matrix
  std::size_t count = 1;        // of its elements
  std::size_t step = nowhere;   // the step that made it, an index into Record::steps; nowhere for a constant
  std::string name;             // given to it, or empty
  Shape shape;                  // of a block's operand, where it says so
  std::optional<double> value;  // of one number, where it is known
  std::optional<double> slope;  // d result / d operand, of one number each
  std::vector<double> values;   // of a constant matrix, row by row

  bool is_plain() const { return slot == nowhere; }
};

/// d result[i] / d operand[j] of a block.
struct BlockSlope {
  std::size_t result, operand, element;
  double slope;
};

struct Record;
/// A block that does the same for many samples, as a program does, opened at one of them: its steps, what flowed back
/// along each of their edges, and variables w[0], ... and s[0], ... for its parameters and the sample.
struct Opened {
  std::size_t samples = 0;  // of the block
  std::size_t sample = 0;   // this one
  std::shared_ptr<const Record> inside;
};

/// One step of the forward pass, and the adjoint that arrived at it in the sweep.
struct RecordedStep {
  /// What kind of step it is.
  enum class Kind {
    variable,   // given, not computed
    operation,  // one elementary operation, n-ary ones included
    block,      // a matrix operation or a recomputed segment: many results
    untraced    // recorded while nobody listened: its label is lost, and several operations may have folded into it
  };
  Kind kind = Kind::variable;
  std::size_t slot = 0, count = 1;  // of its results
  Shape shape;                      // of many results, where it is known
  std::string label, name;
  std::vector<Operand> operands;
  std::vector<double> values;      // of its results; empty where nobody heard them
  std::vector<double> adjoints;    // of its results, after the sweep
  std::vector<BlockSlope> slopes;  // of a small block: see RecordOptions
  bool has_slopes = false;
  Source source;
  std::optional<Opened> opened;  // of a program
};

/// What a visit gave to one operand: d result / d operand through this step, and its adjoint before and after.
struct Contribution {
  std::size_t operand;  // an index into the step's operands
  std::vector<double> flow, before, after;
};

/// A step in the sweep: what flowed from it to each operand.
struct Visit {
  std::size_t step;  // an index into Record::steps; the adjoint that arrives is the step's
  std::vector<Contribution> contributions;
};

/// All that a trace heard of the way to one result, and the sweep back from it.
struct Record {
  std::string number = "double";  // the number type of the tape: values and adjoints are exact as doubles
  std::vector<RecordedStep> steps;
  std::vector<Visit> sweep;
  std::size_t result = nowhere;  // the step, an index into steps
  std::size_t result_slot = nowhere;
  bool lacks_sources = false;  // they were asked for, and no step has one
  std::size_t left_out = 0;    // statements on the tape that the result does not depend on

  /// The newest step that made this slot, or nowhere.
  std::size_t step_of(std::size_t slot) const;
  /// The newest step of this name, or nowhere.
  std::size_t step_named(std::string_view name) const;
  /// The value and the adjoint of one slot: of any element of a block. Throws TapeError if the record does not have it.
  double value(std::size_t slot) const;
  double adjoint(std::size_t slot) const;
};

/// How much of a trace becomes a record.
struct RecordOptions {
  /// At which sample programs are opened. By default at the first with something that is not finite, otherwise at the
  /// first.
  std::optional<std::size_t> sample = {};
  bool all = false;                      // keep the steps that the result does not depend on
  std::size_t most_block_slopes = 4096;  // a block with at most so many results times operands keeps its slopes
};

/// Which number is the first that is not finite, or nowhere.
std::size_t first_not_finite(std::span<const double> numbers);

/// What stands for a step in a sentence: its name, or its label and its slot.
std::string described(const RecordedStep& step);
/// The same for one of its results: "W[3]", counted from 0.
std::string described(const RecordedStep& step, std::size_t slot);

}  // namespace downhill::inspect
