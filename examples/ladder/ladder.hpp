#pragma once
// The ladder: what is measured on each rung, and how the program and `downhill ladder` climb it.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <autodiff/cost.hpp>

#include "machine.hpp"
#include "model.hpp"

namespace ladder {

struct Options {
  double up_to = 1e5;                                       ///< parameters of the last rung
  int threads = 0;                                          ///< 0: all processors
  double memory = std::numeric_limits<double>::infinity();  ///< bytes to plan with, where there are not less
  bool json = false;                                        ///< a list of rungs to standard output, and nothing else
  std::string svg, html;                                    ///< files to write; empty for none
};

/// The options of the program and of `downhill ladder`. They must stay where they are until all are read.
void add_options(CLI::App& app, Options& options);

/// So many steps of descent are taken on each rung.
inline constexpr std::size_t steps_of_a_rung = 10;
/// Steps of descent: the loss before each of them and after the last, and the seconds that the fastest took.
struct Descent {
  std::vector<double> losses;
  double seconds = 0;
};
/// Takes so many steps, and calls `told(step)` before each. It stands in 12_ladder.cpp.
Descent descend(Model& model, double learning_rate, std::size_t steps, const std::function<void(std::size_t)>& told);

/// What a rung came to.
struct Measured {
  Rung rung;
  std::string refusal;  ///< why it was not climbed; empty where it was
  std::vector<double> losses;
  double seconds_function = 0;     ///< the loss alone
  double seconds_gradient = 0;     ///< the loss, its gradient and the step, which are one
  double seconds_differences = 0;  ///< n + 1 losses: a gradient by finite differences
  bool differences_are_measured = false;
  double bytes = 0;                 ///< of memory, at the most; 0 where the system does not say
  downhill::Cost cost;              ///< of a loss, and of the sweep of a step
  downhill::Prediction prediction;  ///< the seconds that these should take

  bool is_climbed() const { return refusal.empty(); }
  bool loss_fell() const { return !losses.empty() && losses.back() < losses.front(); }
  double predicted_gradient() const { return prediction.forward + prediction.reverse; }
  double operations_a_second() const { return 3 * rung.operations() / seconds_gradient; }
  double bytes_a_second() const { return rung.bytes_moved() / seconds_gradient; }
};

/// Climbs from the bottom, and shows each rung as it goes. True if every loss fell on the rungs for which there was
/// memory. Throws DataError where a file cannot be written, before any rung as far as that shows.
bool climb(const Options& options);

/// As text: the heads of the columns, and a rung.
std::string table_head(const Machine& machine, std::size_t threads);
std::string table_row(const Measured& measured, const Machine& machine);
std::string table_foot();
/// All rungs, as a JSON list.
std::string json_of(const std::vector<Measured>& rungs, const Machine& machine, std::size_t threads);
/// As a picture, and as a page with that and what was predicted.
std::string svg_of(const std::vector<Measured>& rungs, const Machine& machine, std::size_t threads);
std::string page_of(const std::vector<Measured>& rungs, const Machine& machine, std::size_t threads);

}  // namespace ladder
