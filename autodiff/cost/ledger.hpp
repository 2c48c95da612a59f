#pragma once
/// \file
/// The ledger of cost.hpp: a line for each kind of operation, what a machine can do, and the time that it should take.

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/tape/work.hpp>

namespace downhill {

/// All operations of one kind; of products, those of one size.
struct CostLine {
  std::string kind;                                ///< as the block or the rule is called: "affine", "tanh"
  std::size_t count = 0;                           ///< how many of them
  Work forward = {}, reverse = {};                 ///< of all of them
  std::array<std::size_t, 3> product = {0, 0, 0};  ///< of a product: rows, the length of a sum, columns
  bool knows_forward = true;                       ///< false of scalar statements: a tape holds their slopes alone
  bool is_complete = true;                         ///< false: it takes at least so much
};

/// What a tape or a program takes, by counting.
struct Cost {
  std::vector<CostLine> lines = {};
  std::size_t statements = 0;  ///< of scalars on a tape
  std::size_t edges = 0;       ///< of those
  std::size_t blocks = 0;      ///< matrix operations and the like on a tape
  double tape_bytes = 0;       ///< memory of the statements
  double adjoint_bytes = 0;    ///< memory of the adjoints in the sweep, one for each slot

  /// The sum of the lines, without what they do not know.
  Work forward() const;
  Work reverse() const;
  /// Is all of both directions counted?
  bool is_complete() const;
  /// Function and gradient together over the function alone, by operations, where an elementary function counts as
  /// `operations_of_a_function`: of the lines that know both directions, and 0 where there is none. Griewank, "On
  /// automatic differentiation" (1989), has 5 as a bound of it; Griewank and Walther, "Evaluating Derivatives" (2008),
  /// 3 to 4.
  double ratio() const;
  /// The line of a kind, made where it is not there.
  CostLine& line(std::string_view kind, const std::array<std::size_t, 3>& product = {0, 0, 0});
};

/// So many operations stand for an elementary function where both are added up.
inline constexpr double operations_of_a_function = 10;

/// What a machine can do, measured: see examples/ladder/machine.cpp.
struct Peaks {
  /// A rate where something has this size.
  struct Rate {
    double size = 0, per_second = 0;
  };
  std::vector<Rate> operations = {};  ///< of products, by the least of rows, length and columns, in rising order
  std::vector<Rate> read = {};        ///< bytes that are only read, by how many bytes are touched in all
  std::vector<Rate> moved = {};       ///< bytes that are read and written again, likewise
  double seconds_of_a_function = 0;   ///< for one of many elements
  double seconds_of_an_edge = 0;      ///< of scalar statements, in one direction
  double seconds_of_a_block = 0;      ///< beside its arithmetic, in one direction
};

/// The seconds that it should take: of each operation the longer of its arithmetic and its bytes, as in the roofline
/// model (Williams, Waterman and Patterson, 2009), and of each block, function and edge its own time. Rates between two
/// sizes are interpolated, on logarithmic scales.
struct Prediction {
  double forward = 0, reverse = 0;
};
Prediction predicted(const Cost& cost, const Peaks& peaks);

/// What is printed beside the counts; 0 where it is not known.
struct CostBeside {
  Prediction predicted = {};
  double measured_forward = 0;  ///< seconds, of the function alone
  double measured_total = 0;    ///< of the function and its gradient
};

/// As a table: a line for each kind, the sums, the ratio by operations and, where they are given, times beside it.
std::string cost_table(const Cost& cost, const CostBeside& beside = {});

}  // namespace downhill

/// The table.
template <>
struct fmt::formatter<downhill::Cost> : fmt::formatter<std::string_view> {
  /// Writes it.
  template <class Context>
  auto format(const downhill::Cost& cost, Context& context) const {
    return fmt::formatter<std::string_view>::format(downhill::cost_table(cost), context);
  }
};
