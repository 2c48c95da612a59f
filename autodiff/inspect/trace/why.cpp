#include <autodiff/inspect/trace/why.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autodiff/error.hpp>
#include <autodiff/inspect/text.hpp>

namespace downhill::inspect {
namespace {

/// A path down to a slot: the last edge of it, and which of the paths to the slot above it goes on.
struct Reached {
  double product;
  std::size_t above, rank;  // nowhere where the path begins
  Path::Edge edge;
};

double weight(double product) {
  return std::isnan(product) ? std::numeric_limits<double>::infinity() : std::abs(product);
}

std::uint64_t added(std::uint64_t a, std::uint64_t b) { return a > Why::countless - b ? Why::countless : a + b; }

class Search {
 public:
  Search(const Record& record, std::size_t target, std::size_t most) : record_(record), target_(target), most_(most) {
    std::size_t slots = 0;
    for (const RecordedStep& step : record.steps) slots = std::max(slots, step.slot + step.count);
    leads_.resize(slots, false);
    heaviest_.resize(slots);
    paths_.resize(slots, 0);
    mark();
    heaviest_[record.result_slot].push_back({1, nowhere, 0, {nowhere, 0, 0, 1}});
    paths_[record.result_slot] = 1;
    for (const Visit& visit : record.sweep)
      for_each_edge(visit.step,
                    [&](std::size_t from, std::size_t to, const Path::Edge& edge) { follow(from, to, edge); });
  }

  void report(Why& why) const {
    why.paths = paths_[target_], why.blocks_passed_by = passed_by_;
    for (Reached end : heaviest_[target_]) {
      Path path{end.product, {}};
      for (; end.above != nowhere; end = heaviest_[end.above][end.rank]) path.edges.push_back(end.edge);
      std::ranges::reverse(path.edges);
      why.shown += path.product;
      why.heaviest.push_back(std::move(path));
    }
  }

 private:
  template <class Visit>
  void for_each_edge(std::size_t index, Visit&& visit) const {
    const RecordedStep& step = record_.steps[index];
    if (step.kind == RecordedStep::Kind::block) {
      for (const BlockSlope& one : step.slopes)
        visit(step.slot + one.result, step.operands[one.operand].slot + one.element,
              Path::Edge{index, step.slot + one.result, one.operand, one.slope});
    } else {
      for (std::size_t i = 0; i < step.operands.size(); ++i)
        if (const Operand& operand = step.operands[i]; !operand.is_plain())
          visit(step.slot, operand.slot, Path::Edge{index, step.slot, i, *operand.slope});
    }
  }

  // Which slots lead down to the target at all, and which blocks hide whether they do.
  void mark() {
    leads_[target_] = true;
    for (std::size_t i = 0; i < record_.steps.size(); ++i) {
      const RecordedStep& step = record_.steps[i];
      for_each_edge(i, [&](std::size_t from, std::size_t to, const Path::Edge&) {
        if (leads_[to]) leads_[from] = true;
      });
      if (step.kind != RecordedStep::Kind::block || step.has_slopes) continue;
      passed_by_ += std::ranges::any_of(step.operands, [&](const Operand& operand) {
        return std::find(leads_.begin() + static_cast<std::ptrdiff_t>(operand.slot),
                         leads_.begin() + static_cast<std::ptrdiff_t>(operand.slot + operand.count),
                         true) != leads_.begin() + static_cast<std::ptrdiff_t>(operand.slot + operand.count);
      });
    }
  }

  // The sweep comes to a step when all that used its result has been swept: the paths to `from` are complete.
  void follow(std::size_t from, std::size_t to, const Path::Edge& edge) {
    if (!leads_[to]) return;
    paths_[to] = added(paths_[to], paths_[from]);
    std::vector<Reached>& kept = heaviest_[to];
    for (std::size_t rank = 0; rank < heaviest_[from].size(); ++rank) {
      const double above = heaviest_[from][rank].product;
      const double product = above == 0 ? 0 : above * edge.slope;  // 0 stops there, as in the sweep
      const auto place = std::ranges::upper_bound(kept, weight(product), std::ranges::greater{},
                                                  [](const Reached& other) { return weight(other.product); });
      if (kept.size() == most_ && place == kept.end()) continue;
      if (kept.size() == most_) {
        const auto at = place - kept.begin();
        kept.pop_back();
        kept.insert(kept.begin() + at, {product, from, rank, edge});
      } else {
        kept.insert(place, {product, from, rank, edge});
      }
    }
  }

  const Record& record_;
  std::size_t target_, most_, passed_by_ = 0;
  std::vector<bool> leads_;
  std::vector<std::vector<Reached>> heaviest_;
  std::vector<std::uint64_t> paths_;
};

}  // namespace

Why why(const Record& record, std::size_t slot, std::size_t most) {
  Why found{slot, record.adjoint(slot), {}};
  Search(record, slot, std::max<std::size_t>(most, 1)).report(found);
  return found;
}

Why why(const Record& record, std::string_view name, std::size_t most) {
  const std::size_t step = record.step_named(name);
  if (step == nowhere)
    throw TapeError(
        fmt::format("why: nothing that the result depends on is named '{}'; give names with tape.variable(value, name) "
                    "or trace.name(x, name)",
                    name));
  return why(record, record.steps[step].slot, most);
}

std::string explanation(const Record& record, const Why& why) {
  const std::string result = described(record.steps[record.result], record.result_slot);
  const RecordedStep& target = record.steps[record.step_of(why.slot)];
  std::string text =
      fmt::format("d {} / d {} = {}, along {} {}\n", result, described(target, why.slot), short_text(why.gradient),
                  why.paths == Why::countless ? "more than 10^19" : fmt::format("{}", why.paths),
                  why.paths == 1 ? "path" : "paths");
  std::size_t rank = 0;
  for (const Path& path : why.heaviest) {
    text += fmt::format("  {}. {}", ++rank, short_text(path.product));
    if (why.gradient != 0 && std::isfinite(path.product / why.gradient))
      text += fmt::format(", {:.3g} %", 100 * path.product / why.gradient);
    text += '\n';
    constexpr std::size_t most_lines = 40;
    for (std::size_t i = 0; i < path.edges.size(); ++i) {
      if (path.edges.size() > most_lines && i == most_lines / 2) {
        i = path.edges.size() - most_lines / 2;
        text += fmt::format("       ... {} steps ...\n", path.edges.size() - most_lines);
      }
      const Path::Edge& edge = path.edges[i];
      const RecordedStep& step = record.steps[edge.step];
      text += fmt::format("       x {:<12} {}", short_text(edge.slope), described(step, edge.slot));
      if (!step.name.empty()) text += " = " + step.label;
      if (const std::string place = source_text(step.source); !place.empty()) text += "   at " + place;
      text += '\n';
    }
  }
  text += fmt::format("  shown {}, the rest {}\n", short_text(why.shown), short_text(why.rest()));
  if (why.blocks_passed_by > 0)
    text += fmt::format(
        "  {} blocks on the way are too large to follow; raise RecordOptions::most_block_slopes to see through them\n",
        why.blocks_passed_by);
  return text;
}

}  // namespace downhill::inspect
