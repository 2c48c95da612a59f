#include <algorithm>
#include <cstddef>
#include <span>

#include <autodiff/program/plan/passes.hpp>

namespace downhill::program_detail {
namespace {

// What the result does not depend on, as what only a guard asks for, has no adjoint.
template <class T>
bool is_swept(Plan<T>& plan, LaneStep& step, const std::vector<char>& is_reached) {
  const auto has_adjoint = [&](std::uint32_t adjoint) { return adjoint != no_slot && is_reached[adjoint]; };
  if (step.kind == LaneStep::Kind::layer) {
    const auto rows = std::span(plan.rows).subspan(step.first_row, step.rows);
    if (std::ranges::any_of(rows, [&](const Row& row) { return has_adjoint(row.adjoint); })) return true;
  } else if (has_adjoint(step.adjoint)) {
    return true;
  }
  step.adjoint = no_slot;
  step.is_swept = false;
  return false;
}

// Which values the sweep reads again.
template <class T>
class KeptValues {
 public:
  explicit KeptValues(const Plan<T>& plan) : plan_(plan), is_kept_(plan.values, 0) {
    for (const auto& spread : plan.spreads) keep(spread.value);
    for (const LaneGuard& guard : plan.guards) keep(guard.a), keep(guard.b);
    for (const auto& result : plan.results)
      if (!result.is_uniform) keep(result.value);
    for (const LaneStep& step : plan.steps)
      if (step.is_swept) keep_for(step);
  }
  bool operator[](std::uint32_t slot) const { return is_kept_[slot] != 0; }

 private:
  void keep(std::uint32_t slot) { is_kept_[slot] = 1; }
  void keep_for(const LaneStep& step) {
    if (step.kind == LaneStep::Kind::products) {
      for (const Term& term : std::span(plan_.terms).subspan(step.first, step.count)) {
        if (!term.has_b && plan_.moves[term.coefficient]) keep(term.a.value);
        if (term.has_b && term.b.is_wanted()) keep(term.a.value);
        if (term.has_b && term.a.is_wanted()) keep(term.b.value);
      }
    } else if (step.kind == LaneStep::Kind::layer) {
      for (std::uint32_t k = 0; k < step.count; ++k) keep(plan_.operands[step.first + k].value);
    } else if (step.kind == LaneStep::Kind::rule && step.slopes == no_slot) {
      keep_for_rule(step, std::span(plan_.operands).subspan(step.first, step.count));
    }
  }
  void keep_for_rule(const LaneStep& step, std::span<const Operand> x) {
    if (step.code == code_of<Add> || step.code == code_of<Subtract> || step.code == code_of<Negate>) return;
    if (step.code == code_of<Exp> || step.code == code_of<Sqrt>) return keep(step.value);
    if (step.code == code_of<Square>) return keep(x[0].value);
    if (step.code == code_of<Multiply>) {
      for (std::size_t i = 0; i < 2; ++i)
        if (x[1 - i].is_wanted()) keep(x[i].value);
      return;
    }
    keep(step.value);
    for (const Operand& operand : x) keep(operand.value);
  }

  const Plan<T>& plan_;
  std::vector<char> is_kept_;
};

}  // namespace

// A value that the sweep does not read lasts from the step that makes it to the last one that uses it.
template <class T>
void share_values(Plan<T>& plan) {
  const KeptValues<T> is_kept(plan);
  const auto for_operands = [&](const LaneStep& step, auto&& visit) {
    if (step.kind == LaneStep::Kind::products) {
      for (Term& term : std::span(plan.terms).subspan(step.first, step.count)) {
        visit(term.a);
        if (term.has_b) visit(term.b);
      }
    } else if (step.kind != LaneStep::Kind::row) {
      for (Operand& x : std::span(plan.operands).subspan(step.first, step.count)) visit(x);
    }
  };
  const auto for_results = [&](LaneStep& step, auto&& visit) {
    if (step.kind == LaneStep::Kind::layer)
      for (Row& row : std::span(plan.rows).subspan(step.first_row, step.rows)) visit(row.value);
    else
      visit(step.value);
  };
  std::vector<std::size_t> last_use(plan.values, 0);
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    for_operands(plan.steps[i], [&](const Operand& x) { last_use[x.value] = i; });

  std::vector<std::uint32_t> place(plan.values, no_slot), free;
  std::uint32_t places = 0;
  const auto take = [&](std::uint32_t& slot) {
    if (free.empty()) free.push_back(places++);
    place[slot] = free.back();
    free.pop_back();
    slot = place[slot];
  };
  for (auto& spread : plan.spreads) take(spread.value);
  for (auto& [slot, index] : plan.sample) {
    take(slot);
    plan.sample_slots[index] = slot;
  }
  std::vector<std::uint32_t> leaving;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    LaneStep& step = plan.steps[i];
    leaving.clear();
    const auto leave = [&](std::uint32_t slot) {
      if (last_use[slot] <= i && !is_kept[slot] && std::ranges::count(leaving, place[slot]) == 0)
        leaving.push_back(place[slot]);
    };
    for_results(step, [&](std::uint32_t& slot) {
      const std::uint32_t before = slot;
      take(slot);
      leave(before);
    });
    for_operands(step, [&](Operand& x) {
      leave(x.value);
      x.value = place[x.value];
    });
    if (step.slopes != no_slot) {
      step.slopes = places;
      places += step.count;
    }
    free.insert(free.end(), leaving.rbegin(), leaving.rend());
  }
  for (LaneGuard& guard : plan.guards) guard.a = place[guard.a], guard.b = place[guard.b];
  for (auto& result : plan.results)
    if (!result.is_uniform) result.value = place[result.value];
  plan.values = places;
}

// An adjoint lasts from the step that reaches it first to the step whose result has it.
template <class T>
void share_adjoints(Plan<T>& plan) {
  std::vector<std::uint32_t> place(plan.adjoints, no_slot), free;
  std::vector<char> stays(plan.adjoints, 0);
  std::uint32_t places = 0;
  const auto take = [&](std::uint32_t adjoint) {
    if (adjoint == no_slot || place[adjoint] != no_slot) return;
    if (free.empty()) free.push_back(places++);
    place[adjoint] = free.back();
    free.pop_back();
  };
  const auto stay = [&](std::uint32_t adjoint) {
    take(adjoint);
    if (adjoint != no_slot) stays[adjoint] = 1;
  };
  const auto leave = [&](std::uint32_t& adjoint) {
    if (adjoint == no_slot) return;
    take(adjoint);
    if (!stays[adjoint]) free.push_back(place[adjoint]);
    adjoint = place[adjoint];
  };
  const auto reach = [&](Operand& x) {
    take(x.adjoint);
    if (x.is_wanted()) x.adjoint = place[x.adjoint];
  };
  for (auto& spread : plan.spreads) stay(spread.adjoint);
  for (const std::uint32_t adjoint : plan.sample_adjoints) stay(adjoint);
  for (const std::uint32_t adjoint : plan.zeros) take(adjoint);
  for (const auto& result : plan.results) take(result.adjoint);
  const auto moved = [&](std::uint32_t adjoint) { return adjoint == no_slot ? no_slot : place[adjoint]; };
  std::ranges::transform(plan.zeros, plan.zeros.begin(), moved);
  std::ranges::transform(plan.sample_adjoints, plan.sample_adjoints.begin(), moved);
  for (auto& spread : plan.spreads) spread.adjoint = moved(spread.adjoint);
  for (auto& result : plan.results) result.adjoint = moved(result.adjoint);
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    if (!step->is_swept) continue;
    if (step->kind == LaneStep::Kind::products) {
      for (Term& term : std::span(plan.terms).subspan(step->first, step->count)) {
        reach(term.a);
        if (term.has_b) reach(term.b);
      }
    } else if (step->kind != LaneStep::Kind::row) {
      for (Operand& x : std::span(plan.operands).subspan(step->first, step->count)) reach(x);
    }
    if (step->kind == LaneStep::Kind::layer)
      for (Row& row : std::span(plan.rows).subspan(step->first_row, step->rows)) leave(row.adjoint);
    else
      leave(step->adjoint);
  }
  plan.adjoints = places;
}

template <class T>
void find_first(Plan<T>& plan, bool is_stored) {
  std::vector<char> is_reached(plan.adjoints, is_stored ? 0 : 1);
  for (const auto& spread : plan.spreads)  // these are gathered over many blocks
    if (spread.adjoint != no_slot) is_reached[spread.adjoint] = 1;
  std::vector<char> is_zeroed(plan.adjoints, 0);
  const auto zero = [&](std::uint32_t slot) {
    if (!is_zeroed[slot]) plan.zeros.push_back(slot);
    is_zeroed[slot] = is_reached[slot] = 1;
  };
  std::vector<char> is_seeded(plan.adjoints, 0);
  for (const auto& result : plan.results)
    if (result.adjoint != no_slot) is_seeded[result.adjoint] = is_reached[result.adjoint] = 1;
  const auto reach = [&](Operand& x) {
    if (!x.is_wanted()) return;
    x.is_first = !is_reached[x.adjoint];
    is_reached[x.adjoint] = 1;
  };
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    if (!is_swept(plan, *step, is_reached)) continue;
    if (step->kind == LaneStep::Kind::layer)
      for (std::uint32_t k = 0; k < step->rows; ++k)
        if (const std::uint32_t adjoint = plan.rows[step->first_row + k].adjoint; !is_reached[adjoint]) zero(adjoint);
    if (step->kind == LaneStep::Kind::products) {
      for (std::uint32_t k = 0; k < step->count; ++k) {
        Term& term = plan.terms[step->first + k];
        reach(term.a);
        if (term.has_b) reach(term.b);
      }
      continue;
    }
    if (step->kind == LaneStep::Kind::row) continue;
    Operand* const x = &plan.operands[step->first];
    // A rule may visit its operands in another order than they stand in.
    if (step->count > 2 || step->kind == LaneStep::Kind::layer)
      for (std::uint32_t k = 1; k < step->count; ++k)
        for (std::uint32_t j = 0; step->kind == LaneStep::Kind::rule && j < k; ++j)
          if (x[k].is_wanted() && x[j].adjoint == x[k].adjoint && !is_reached[x[k].adjoint]) zero(x[k].adjoint);
    for (std::uint32_t k = 0; k < step->count; ++k) reach(x[k]);
  }
  std::vector<char> is_spread(plan.adjoints, 0);
  for (const auto& spread : plan.spreads)
    if (spread.adjoint != no_slot) is_spread[spread.adjoint] = 1;
  if (!is_stored)
    for (std::uint32_t slot = 0; slot < plan.adjoints; ++slot)
      if (!is_zeroed[slot] && !is_spread[slot] && !is_seeded[slot]) plan.zeros.push_back(slot);
  for (std::uint32_t& adjoint : plan.sample_adjoints)
    if (adjoint != no_slot && !is_reached[adjoint]) zero(adjoint);
}

template <class T>
void find_tail(Plan<T>& plan) {
  if (!plan.guards.empty() || plan.results.size() > 1 || plan.results[0].is_uniform || plan.steps.empty()) return;
  const LaneStep& last = plan.steps.back();
  if (last.kind != LaneStep::Kind::rule || last.code != code_of<Square> || last.value != plan.results[0].value ||
      !last.is_swept || !plan.operands[last.first].is_first)
    return;
  plan.tail = 1;
  if (plan.steps.size() < 2) return;
  const LaneStep& before = plan.steps[plan.steps.size() - 2];
  if (before.kind != LaneStep::Kind::products || before.value != plan.operands[last.first].value || before.count == 0 ||
      before.count > most_in_tail)
    return;
  const auto terms = std::span(plan.terms).subspan(before.first, before.count);
  if (std::ranges::none_of(terms, [](const Term& term) { return term.has_b || term.a.is_wanted(); })) plan.tail = 2;
}

template void find_first(Plan<double>&, bool);
template void find_first(Plan<float>&, bool);
template void find_tail(Plan<double>&);
template void find_tail(Plan<float>&);
template void share_values(Plan<double>&);
template void share_values(Plan<float>&);
template void share_adjoints(Plan<double>&);
template void share_adjoints(Plan<float>&);

}  // namespace downhill::program_detail
