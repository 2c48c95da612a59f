#pragma once
/// \file
/// The trace: hears what a tape records, step by step, while it lives.
///
///     Tape<double> tape;
///     inspect::Trace trace(tape);
///     auto w = tape.variable(0.5, "w"), x = tape.variable(2, "x"), y = tape.variable(3, "y");
///     auto loss = square(w * x - y);
///     trace.name(loss, "loss");
///     fmt::print("{}", inspect::table(trace.of(loss)));
///
/// It hears of Vars that were made while it lives; one from before joins in with `w = trace.watch(w)`, and a parameter
/// by being taken again, `tape.parameter(i)`. A step of Vars that it does not hear of is in the record all the same,
/// with its slopes, as an untraced one. Every operation is a step of its own: nothing folds, and `s += e` makes a new
/// step. Values are the same as without a trace; derivatives are, but for rounding, which folding changes.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/gradient.hpp>
#include <autodiff/inspect/trace/record.hpp>
#include <autodiff/tape/listener.hpp>

namespace downhill::inspect {

/// What a trace keeps of each step beside its numbers.
struct TraceOptions {
  /// Keep the file and the line of every step, by walking the stack. See source.hpp for what that asks of a build.
  bool sources = false;
};

/// While it lives, the steps that are recorded are marked with its place. Trace::here makes one.
class Here {
 public:
  Here(const Here&) = delete;
  Here& operator=(const Here&) = delete;
  ~Here() { scopes_.pop_back(); }

 private:
  template <class T>
  friend class Trace;
  Here(std::vector<std::size_t>& scopes, std::size_t scope) : scopes_(scopes) { scopes_.push_back(scope); }
  std::vector<std::size_t>& scopes_;
};

/// Listens to a tape, which must outlive it. One at a time: throws TapeError if the tape has a trace already.
template <class T>
class Trace final : private Listener<T> {
 public:
  explicit Trace(Tape<T>& tape, const TraceOptions& options = {});
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  ~Trace() override { tape_.listen(nullptr); }

  /// The same as Tape::name.
  void name(const Var<T>& x, std::string_view name) { tape_.name(x, name); }
  /// Takes a Var from before the trace, and returns one of which the trace hears.
  Var<T> watch(const Var<T>& x) { return tape_.heard(x); }
  /// While what it returns lives, steps are stamped with this place and this label; the innermost counts. Works without
  /// debug information. Example: `const auto here = trace.here("the penalty");`
  /// (Builtins stand for std::source_location, which clang 14 lacks.)
  [[nodiscard]] Here here(std::string_view label = {}, const char* file = __builtin_FILE(),
                          std::size_t line = __builtin_LINE(), const char* function = __builtin_FUNCTION());

  /// The steps that the result depends on, and the sweep from it. Throws what Tape::gradient throws.
  Record of(const Var<T>& result, const RecordOptions& options = {}) const;

 private:
  template <class U>
  friend class Recording;
  struct Note {
    std::size_t slot = 0, count = 1;
    std::string_view label;                       // of an operation; empty for a block
    std::size_t first_operand = 0, operands = 0;  // in operands_
    std::size_t first_frame = 0, frames = 0;      // in frames_
    std::size_t scope = nowhere;                  // in places_
    std::vector<T> values;
  };

  void variable(std::size_t slot, const T& value) override { variables_.insert_or_assign(slot, value); }
  void step(std::size_t result, std::string_view label, const T& value,
            std::span<const StepOperand<T>> operands) override;
  void block(const Block<T>& block, std::size_t first_result, std::size_t results) override;
  void block_values(std::size_t first_result, std::span<const T> values) override;
  void rewound(std::size_t slots) override;
  Note& add(std::size_t slot, std::size_t count);
  const Note* find(std::size_t slot) const;
  Source source_of(const Note& note) const;

  Tape<T>& tape_;
  TraceOptions options_;
  std::map<std::size_t, T> variables_;
  std::vector<Note> notes_;  // slots rise
  std::vector<StepOperand<T>> operands_;
  std::vector<void*> frames_;
  std::vector<Source> places_;  // of every `here`
  std::vector<std::size_t> scopes_;
};

/// What can be known of a result without a trace: which slot depends on which, slopes and adjoints, the values of the
/// parameters, and names.
template <class T>
Record record_of(const Tape<T>& tape, const Var<T>& result, const RecordOptions& options = {});

}  // namespace downhill::inspect
