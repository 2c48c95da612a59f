#include <autodiff/inspect/pictures/learning_rates.hpp>

#include <fmt/format.h>

#include <vector>

#include <autodiff/inspect/pictures/loss_curve.hpp>

namespace downhill::inspect {

std::string learning_rate_comparison(const std::string& title, const std::string& introduction,
                                     std::span<const RateRun> runs, const std::optional<Landscape>& landscape) {
  std::vector<std::vector<double>> losses;
  std::vector<Curve> curves;
  std::vector<DrawnWalk> walks;
  for (const RateRun& run : runs) {
    losses.emplace_back();
    for (const Iterate& iterate : run.result.path) losses.back().push_back(iterate.value);
    const std::string name = fmt::format("rate {}: {}", run.rate, run.verdict);
    curves.push_back({name, losses.back()});
    walks.push_back({name,
                     {fmt::format("after {} steps: loss {:.6g}", run.result.steps, run.result.value), run.result.why},
                     run.result.path});
  }
  std::vector<Figure> figures{loss_curve(curves, {.title = "The loss, step by step"})};
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (!runs[i].result.why.empty()) figures[0].lines[i] += "; " + runs[i].result.why;
  std::string shared;
  if (landscape) {
    Maps maps = maps_of(*landscape, walks);
    shared = std::move(maps.shared);
    figures.insert(figures.end(), maps.figures.begin(), maps.figures.end());
    figures.push_back(surface(*landscape, walks));
  }
  return page(title, introduction, figures, shared);
}

}  // namespace downhill::inspect
