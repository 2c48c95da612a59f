#pragma once
/// \file
/// The plan of a program: what is worked out once for all samples, what for each block of them, and where it lies.
///
/// A value is uniform where it is the same for all samples: a constant, a parameter and, where that is hoisted, what
/// depends on parameters alone. All others differ from lane to lane. Sums of products become one step,
///
///     y = u_1 + ... + u_k + c_1 x_1 + ... + c_m x_m + d_1 x_1 z_1 + ...     u, c, d uniform; x, z in lanes
///
/// in which uniform values are read as scalars. Several of them over the same operands are a layer, y = b + C x. One
/// over many numbers that stand side by side in a sample, and are used nowhere else, is a row: it reads them where they
/// are. All other operations take their operands from lanes, to which uniform ones are spread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <autodiff/program/kernel.hpp>
#include <autodiff/program/options.hpp>

namespace downhill::program_detail {

/// A uniform value by its place in the plan.
using Uniform = std::uint32_t;

/// coefficient * a, or a * b, or -a * b.
struct Term {
  Uniform coefficient = 0;
  bool has_b = false, is_negative = false;
  Operand a, b;
};

/// What runs for each block.
struct LaneStep {
  enum class Kind : std::uint8_t { rule, products, layer, row } kind = Kind::rule;
  Code code = 0;                               // of a rule
  bool is_swept = true;                        // has it an adjoint to hand on?
  bool is_fixed = false;                       // is it a rule of one, two or three operands?
  std::uint32_t slopes = no_slot;              // of a rule that keeps its slopes on the way forward: the first slot
  std::uint32_t value = 0, adjoint = no_slot;  // of the result, unless it is a layer
  std::uint32_t first = 0, count = 0;          // operands of a rule or a layer, terms of products, numbers of a row
  std::uint32_t first_bias = 0, biases = 0;    // uniform values that are added; for a layer one for each row, or none
  std::uint32_t first_row = 0, rows = 0;       // results of a layer
  std::uint32_t first_weight = 0;              // coefficients of a layer, row by row, or of a row
};
struct Row {
  std::uint32_t value = 0, adjoint = no_slot;
};

/// A comparison of two values in lanes.
struct LaneGuard {
  Comparison comparison;
  bool outcome;
  std::uint32_t a, b;
};

/// So many products are few enough for the registers.
inline constexpr std::size_t most_in_tail = 4;

template <class T>
struct Plan {
  // ---- once for all samples: a program of one lane, whose values are the uniform ones
  struct Constant {
    Uniform uniform;
    T number;
  };
  struct Input {
    std::uint32_t slot;
    std::uint32_t index;
  };
  std::vector<Constant> constants;
  std::vector<Input> parameters;  // slot: a uniform value
  std::vector<Step> uniform_steps;
  std::vector<Operand> uniform_operands;
  std::vector<Guard> uniform_guards;  // a, b: uniform values
  std::vector<char> moves;            // does it depend on parameters?
  std::size_t uniforms = 0;

  // ---- for each block
  std::vector<Input> sample;                   // slot: of the lanes to which a number of the sample goes
  std::vector<std::uint32_t> sample_slots;     // of each number of a sample, where it is used
  std::vector<std::uint32_t> sample_adjoints;  // of each number of a sample, where that is wanted
  struct Spread {
    Uniform from;
    std::uint32_t value, adjoint;
  };
  std::vector<Spread> spreads;
  std::vector<LaneStep> steps;
  std::vector<Operand> operands;
  std::vector<Term> terms;
  std::vector<Uniform> biases, weights;
  std::vector<Row> rows;
  std::vector<LaneGuard> guards;
  std::vector<std::uint32_t> zeros;      // adjoints that start at 0 in each block
  std::size_t values = 0, adjoints = 0;  // slots
  struct Result {
    bool is_uniform = false;                     // is it the same for all samples?
    std::uint32_t value = 0, adjoint = no_slot;  // a uniform value, or slots
  };
  std::vector<Result> results;
  bool reads_rows = false;
  // 1 where the last step is the square of what needs its adjoint from nowhere else; 2 where that is a sum of up to
  // `most_in_tail` products that reach uniform values alone, so that both can be done in one pass.
  std::size_t tail = 0;
  std::size_t lanes = 0;
  // Where each of several results is differentiated by itself: the same plan for the sweep of each, which starts at
  // that result alone. Values lie where they do here, adjoints where they are best for that sweep.
  std::vector<Plan> sweeps = {};

  const Plan& sweep(std::size_t result) const { return sweeps.empty() ? *this : sweeps[result]; }
  std::size_t most_adjoints() const {
    std::size_t most = sweeps.empty() ? adjoints : 0;
    for (const Plan& sweep : sweeps) most = std::max(most, sweep.adjoints);
    return most;
  }
};

/// Along what a plan has adjoints.
struct Differentiated {
  bool parameters = true;          // all of them; the sum over the samples, and over the results
  std::size_t sample_numbers = 0;  // so many of the first numbers of a sample; without parameters, of each result

  friend bool operator==(const Differentiated&, const Differentiated&) = default;
};

/// For double and float.
template <class T>
Plan<T> planned(const Instructions<T>& instructions, std::size_t per_sample, const Differentiated& along,
                const ProgramOptions& options);

}  // namespace downhill::program_detail
