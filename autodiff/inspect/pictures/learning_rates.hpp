#pragma once
/// \file
/// One page that compares learning rates: what each of them did to the loss.

#include <optional>
#include <span>
#include <string>

#include <autodiff/descent/result.hpp>
#include <autodiff/inspect/pictures/landscape.hpp>

namespace downhill::inspect {

/// A walk with one rate, recorded with Keep::path.
struct RateRun {
  double rate;
  std::string verdict;  ///< "oscillates", as `diagnose` says
  Result result;
};

/// One self-contained HTML page: the loss of every rate over the steps, and what came of it; where the loss has two
/// parameters and a landscape is given, also the path of each on it. Throws ShapeError for a landscape and paths of
/// points that have not two coordinates.
std::string learning_rate_comparison(const std::string& title, const std::string& introduction,
                                     std::span<const RateRun> runs, const std::optional<Landscape>& landscape = {});

}  // namespace downhill::inspect
