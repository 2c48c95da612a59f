#include <algorithm>
#include <cstddef>
#include <map>
#include <span>

#include <autodiff/program/plan/passes.hpp>

namespace downhill::program_detail {
namespace {

template <class T>
LaneStep layer(Plan<T>& plan, const std::vector<LaneStep>& rows) {
  LaneStep made{.kind = LaneStep::Kind::layer,
                .first = static_cast<std::uint32_t>(plan.operands.size()),
                .count = rows[0].count,
                .first_bias = static_cast<std::uint32_t>(plan.biases.size()),
                .biases = rows[0].biases,
                .first_row = static_cast<std::uint32_t>(plan.rows.size()),
                .rows = static_cast<std::uint32_t>(rows.size()),
                .first_weight = static_cast<std::uint32_t>(plan.weights.size())};
  for (std::uint32_t k = 0; k < made.count; ++k) plan.operands.push_back(plan.terms[rows[0].first + k].a);
  for (const LaneStep& row : rows) {
    plan.rows.push_back({row.value, row.adjoint});
    for (std::uint32_t k = 0; k < made.count; ++k) plan.weights.push_back(plan.terms[row.first + k].coefficient);
    if (made.biases > 0) {
      const Uniform bias = plan.biases[row.first_bias];
      plan.biases.push_back(bias);
    }
  }
  return made;
}

}  // namespace

template <class T>
void join_layers(Plan<T>& plan) {
  std::vector<LaneStep> steps;
  std::vector<std::size_t> made(plan.values, 0);  // 1 + the step that makes a slot
  struct Group {
    std::size_t at;
    std::vector<LaneStep> rows;
  };
  std::map<std::vector<std::uint32_t>, std::size_t> open;  // operands, and the group over them
  std::vector<Group> groups;
  std::vector<std::size_t> group_at;  // of each step, 1 + its group
  for (const LaneStep& step : plan.steps) {
    std::size_t newest = 0;
    const auto wait = [&](std::uint32_t slot) { newest = std::max(newest, made[slot]); };
    std::vector<std::uint32_t> operands;
    bool fits = step.kind == LaneStep::Kind::products && step.count >= 2 && step.biases <= 1;
    if (step.kind == LaneStep::Kind::products) {
      for (std::uint32_t k = 0; k < step.count; ++k) {
        const Term& term = plan.terms[step.first + k];
        wait(term.a.value);
        if (term.has_b) wait(term.b.value), fits = false;
        operands.push_back(term.a.value);
      }
      std::vector<std::uint32_t> sorted = operands;
      std::ranges::sort(sorted);
      fits = fits && std::ranges::adjacent_find(sorted) == sorted.end();
      operands.push_back(step.biases);
      operands.push_back(step.adjoint == no_slot ? 0 : 1);
    } else {
      for (std::uint32_t k = 0; k < step.count; ++k) wait(plan.operands[step.first + k].value);
    }
    if (fits) {
      const auto found = open.find(operands);
      if (found != open.end() && groups[found->second].at + 1 > newest) {
        groups[found->second].rows.push_back(step);
        made[step.value] = groups[found->second].at + 1;
        continue;
      }
      open[operands] = groups.size();
      groups.push_back({steps.size(), {step}});
    }
    made[step.value] = steps.size() + 1;
    steps.push_back(step);
    group_at.push_back(fits ? groups.size() : 0);
  }
  for (std::size_t k = 0; k < steps.size(); ++k)
    if (group_at[k] > 0 && groups[group_at[k] - 1].rows.size() > 1)
      steps[k] = layer(plan, groups[group_at[k] - 1].rows);
  plan.steps = std::move(steps);
}

template <class T>
void find_rows(Plan<T>& plan, const std::vector<std::uint32_t>& column) {
  // Numbers that are worth it: they fill the widest pack.
  constexpr std::size_t at_least = 64 / sizeof(T);
  for (LaneStep& step : plan.steps) {
    if (step.kind != LaneStep::Kind::products || step.count < at_least) continue;
    const auto terms = std::span(plan.terms).subspan(step.first, step.count);
    std::ranges::sort(terms, {}, [&](const Term& term) { return column[term.a.value]; });
    bool fits = true;
    for (std::uint32_t k = 0; k < step.count && fits; ++k)
      fits = !terms[k].has_b && column[terms[k].a.value] == column[terms[0].a.value] + k;
    if (!fits || column[terms[0].a.value] == no_slot) continue;
    step.kind = LaneStep::Kind::row;
    step.first_weight = static_cast<std::uint32_t>(plan.weights.size());
    step.first = column[terms[0].a.value];
    for (const Term& term : terms) {
      plan.weights.push_back(term.coefficient);
      plan.sample_slots[column[term.a.value]] = no_slot;
    }
    plan.reads_rows = true;
  }
  std::erase_if(plan.sample, [&](const auto& input) { return plan.sample_slots[input.index] == no_slot; });
}

template void join_layers(Plan<double>&);
template void join_layers(Plan<float>&);
template void find_rows(Plan<double>&, const std::vector<std::uint32_t>&);
template void find_rows(Plan<float>&, const std::vector<std::uint32_t>&);

}  // namespace downhill::program_detail
