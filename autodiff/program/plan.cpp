#include <autodiff/program/plan.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

namespace downhill::program_detail {
namespace {

template <class T>
class Planner {
 public:
  Planner(Instructions<T> instructions, std::size_t per_sample, bool of_samples, const ProgramOptions& options)
      : in_(std::move(instructions)), options_(options) {
    plan_.sample_adjoints.assign(per_sample, no_slot);
    plan_.sample_slots.assign(per_sample, no_slot);
    is_wanted_ = dependents(in_, [&](const Instruction& i) {
      return i.code == code_of<ParameterNumber> || (of_samples && i.code == code_of<SampleNumber>);
    });
    moves_ = dependents_of_parameters(in_);
    const std::vector<char> differs = dependents_of_samples(in_);
    is_uniform_.resize(in_.size());
    for (Place i = 0; i < in_.size(); ++i)
      is_uniform_[i] = in_[i].code == code_of<ConstantNumber> || in_[i].code == code_of<ParameterNumber> ||
                       (options.hoist && in_[i].code != code_of<SampleNumber> && !differs[i]);
    uses_ = uses();
  }

  Plan<T> run() {
    slot_.assign(in_.size(), no_slot);
    spread_.assign(in_.size(), no_slot);
    uniform_.assign(in_.size(), no_slot);
    adjoint_of_.clear();
    for (Place i = 0; i < in_.size(); ++i)
      if (in_[i].code == code_of<SampleNumber> && uses_[i] > 0) {
        slot_[i] = new_slot(is_wanted_[i]);
        plan_.sample.push_back({slot_[i], in_[i].first});
        plan_.sample_slots[in_[i].first] = slot_[i];
        plan_.sample_adjoints[in_[i].first] = adjoint_of_[slot_[i]];
      }
    // In the order in which they were recorded, so that what is made for a guard is made where it is needed first.
    for (const Guard& guard : in_.guards()) {
      if (is_uniform_[guard.a] && is_uniform_[guard.b])
        plan_.uniform_guards.push_back({guard.comparison, guard.outcome, uniform(guard.a), uniform(guard.b)});
      else
        plan_.guards.push_back({guard.comparison, guard.outcome, lanes(guard.a), lanes(guard.b)});
    }
    plan_.is_uniform = is_uniform_[in_.result()];
    plan_.result = plan_.is_uniform ? uniform(in_.result()) : lane(in_.result());
    if (!plan_.is_uniform) plan_.result_adjoint = adjoint_of_[plan_.result];
    plan_.uniforms = plan_.moves.size();
    plan_.values = plan_.adjoints = adjoint_of_.size();
    if (options_.join_layers && options_.fuse_products) join_layers();
    find_first();
    find_tail();
    plan_.lanes = options_.lanes > 0 ? options_.lanes : lanes_that_fit();
    return std::move(plan_);
  }

 private:
  std::vector<std::uint32_t> uses() const {
    std::vector<std::uint32_t> uses(in_.size(), 0);
    const auto use = [&](Place i) { ++uses[i]; };
    use(in_.result());
    for (const Guard& guard : in_.guards()) use(guard.a), use(guard.a), use(guard.b), use(guard.b);
    for (Place i = static_cast<Place>(in_.size()); i-- > 0;)
      if (uses[i] > 0 && !is_leaf(in_[i].code))
        for (const Place operand : in_.operands(i)) use(operand);
    return uses;
  }

  // ---- values that are the same for all samples
  Uniform new_uniform(bool moves) {
    plan_.moves.push_back(moves ? 1 : 0);
    return static_cast<Uniform>(plan_.moves.size() - 1);
  }
  Uniform uniform_constant(T number) {
    for (const auto& known : plan_.constants)
      if (std::bit_cast<Bits>(known.number) == std::bit_cast<Bits>(number)) return known.uniform;
    const Uniform made = new_uniform(false);
    plan_.constants.push_back({made, number});
    return made;
  }
  Uniform uniform(Place root) {
    std::vector<Place> waiting{root};
    while (!waiting.empty()) {
      const Place i = waiting.back();
      if (uniform_[i] != no_slot) {
        waiting.pop_back();
        continue;
      }
      const Instruction& instruction = in_[i];
      if (in_.is_constant(i)) {
        uniform_[i] = uniform_constant(in_.constant(i));
      } else if (instruction.code == code_of<ParameterNumber>) {
        uniform_[i] = new_uniform(true);
        plan_.parameters.push_back({uniform_[i], instruction.first});
      } else {
        bool is_ready = true;
        for (const Place operand : in_.operands(i))
          if (uniform_[operand] == no_slot) waiting.push_back(operand), is_ready = false;
        if (!is_ready) continue;
        uniform_[i] = add_uniform_step(instruction.code, in_.operands(i), moves_[i]);
      }
      waiting.pop_back();
    }
    return uniform_[root];
  }
  Uniform add_uniform_step(Code code, std::span<const Place> operands, bool moves) {
    std::vector<Uniform> from;
    for (const Place operand : operands) from.push_back(uniform_[operand]);
    return add_uniform_step(code, from, moves);
  }
  Uniform add_uniform_step(Code code, const std::vector<Uniform>& operands, bool moves) {
    const Uniform made = new_uniform(moves);
    const auto first = static_cast<std::uint32_t>(plan_.uniform_operands.size());
    for (const Uniform operand : operands)
      plan_.uniform_operands.push_back({.value = operand, .adjoint = plan_.moves[operand] ? operand : no_slot});
    plan_.uniform_steps.push_back({code, made, made, first, static_cast<std::uint32_t>(operands.size())});
    return made;
  }
  Uniform negated(Place i) {
    const Uniform of = uniform(i);
    if (in_.is_constant(i)) return uniform_constant(-in_.constant(i));
    const auto [known, is_new] = negated_.try_emplace(of, 0);
    if (is_new) known->second = add_uniform_step(code_of<Negate>, std::vector{of}, plan_.moves[of]);
    return known->second;
  }

  // ---- values that differ from lane to lane
  std::uint32_t new_slot(bool is_wanted) {
    const auto slot = static_cast<std::uint32_t>(adjoint_of_.size());
    adjoint_of_.push_back(is_wanted ? slot : no_slot);
    return slot;
  }
  Operand operand(std::uint32_t slot) const { return {.value = slot, .adjoint = adjoint_of_[slot]}; }
  // The slot of a value that differs, made where it is not there yet.
  std::uint32_t lane(Place root) {
    std::vector<Place> waiting{root};
    while (!waiting.empty()) {
      const Place i = waiting.back();
      if (slot_[i] != no_slot) {
        waiting.pop_back();
        continue;
      }
      needs_.clear();
      if (is_sum_of_products(i)) {
        terms_.clear(), biases_.clear();
        expand(i);
        if (!needs_.empty()) {
          waiting.insert(waiting.end(), needs_.rbegin(), needs_.rend());
          continue;
        }
        if (!as_plain_rule(i)) add_products(i);
      } else {
        for (const Place x : in_.operands(i))
          if (!is_uniform_[x] && slot_[x] == no_slot) needs_.push_back(x);
        if (!needs_.empty()) {
          waiting.insert(waiting.end(), needs_.rbegin(), needs_.rend());
          continue;
        }
        add_rule(i, in_[i].code, in_.operands(i));
      }
      waiting.pop_back();
    }
    return slot_[root];
  }
  // The same of any value: a uniform one is spread over the lanes.
  std::uint32_t lanes(Place i) {
    if (!is_uniform_[i]) return lane(i);
    if (spread_[i] == no_slot) {
      const Uniform from = uniform(i);
      spread_[i] = new_slot(plan_.moves[from]);
      plan_.spreads.push_back({from, spread_[i], adjoint_of_[spread_[i]]});
    }
    return spread_[i];
  }
  void add_rule(Place i, Code code, std::span<const Place> operands) {
    std::vector<Operand> slots;
    for (const Place x : operands) slots.push_back(operand(lanes(x)));
    slot_[i] = new_slot(is_wanted_[i]);
    LaneStep step{.code = code,
                  .is_fixed = is_fixed(code),
                  .value = slot_[i],
                  .adjoint = adjoint_of_[slot_[i]],
                  .first = static_cast<std::uint32_t>(plan_.operands.size()),
                  .count = static_cast<std::uint32_t>(slots.size())};
    if (keeps_slopes(code))
      for (std::size_t k = 0; k < slots.size(); ++k) {
        const std::uint32_t slope = new_slot(false);
        if (k == 0) step.slopes = slope;
      }
    plan_.steps.push_back(step);
    plan_.operands.insert(plan_.operands.end(), slots.begin(), slots.end());
  }

  static bool is_fixed(Code code) {
    static const auto fixed = []<class... Rule>(TypeList<Rule...>) {
      return std::array<bool, sizeof...(Rule)>{(arity_of<Rule> != any_number)...};
    }(AllRules{});
    return code < fixed.size() && fixed[code];
  }
  // Rules whose slopes cost little beside the value (lanes.cpp).
  static bool keeps_slopes(Code code) {
    return code == code_of<Tanh> || code == code_of<Softplus> || code == code_of<Sin> || code == code_of<Cos> ||
           code == code_of<RangeLogSumExp>;
  }

  // ---- sums of products
  bool is_sum_of_products(Place i) const {
    const Code code = in_[i].code;
    return options_.fuse_products &&
           (code == code_of<Add> || code == code_of<Subtract> || code == code_of<Negate> || code == code_of<Multiply> ||
            code == code_of<RangeSum> || code == code_of<RangeDot>);
  }
  // A term as it was recorded: sign * [uniform] * [a] * [b].
  struct Product {
    int sign;
    Place uniform, a, b;
  };
  static constexpr Place none = static_cast<Place>(-1);

  void expand(Place root) {
    struct Part {
      Place place;
      int sign;
    };
    std::vector<Part> parts{{root, 1}};
    while (!parts.empty()) {
      const auto [i, sign] = parts.back();
      parts.pop_back();
      if (is_uniform_[i]) {
        biases_.push_back({i, sign});
        continue;
      }
      const Code code = in_[i].code;
      const bool is_open = i == root || (uses_[i] == 1 && slot_[i] == no_slot && is_sum_of_products(i));
      const auto x = is_leaf(code) ? std::span<const Place>{} : in_.operands(i);
      const auto then = [&](Place place, int its_sign) { parts.push_back({place, its_sign}); };
      if (is_open && code == code_of<Add>) {
        then(x[1], sign), then(x[0], sign);
      } else if (is_open && code == code_of<Subtract>) {
        then(x[1], -sign), then(x[0], sign);
      } else if (is_open && code == code_of<Negate>) {
        then(x[0], -sign);
      } else if (is_open && code == code_of<RangeSum>) {
        for (std::size_t k = x.size(); k-- > 0;) then(x[k], sign);
      } else if (is_open && code == code_of<RangeDot>) {
        for (std::size_t k = 0; k < x.size() / 2; ++k) add_product(x[k], x[k + x.size() / 2], sign);
      } else if (is_open && code == code_of<Multiply>) {
        add_product(x[0], x[1], sign);
      } else if (code == code_of<Square> && uses_[i] == 1 && slot_[i] == no_slot) {
        add_product(x[0], x[0], sign);
      } else {
        add_term({sign, none, i, none});
      }
    }
  }
  void add_product(Place a, Place b, int sign) {
    if (is_uniform_[a] && is_uniform_[b])
      add_term({sign, a, b, none});  // not hoisted: b is spread
    else if (is_uniform_[a])
      add_term({sign, a, b, none});
    else if (is_uniform_[b])
      add_term({sign, b, a, none});
    else
      add_term({sign, none, a, b});
  }
  void add_term(const Product& product) {
    for (const Place x : {product.a, product.b})
      if (x != none && !is_uniform_[x] && slot_[x] == no_slot) needs_.push_back(x);
    terms_.push_back(product);
  }
  // A sum or a product of two is as fast as an operation of its own, and keeps no coefficient of 1.
  bool as_plain_rule(Place i) {
    const Code code = in_[i].code;
    if (!biases_.empty() || terms_.empty() || terms_.size() > 2) return false;
    if (std::ranges::any_of(terms_, [](const Product& t) { return t.uniform != none; })) return false;
    if (terms_.size() == 1) {
      const Product& t = terms_[0];
      if (t.b != none && t.sign == 1) return add_rule(i, code_of<Multiply>, std::vector{t.a, t.b}), true;
      if (t.b == none && t.sign == -1) return add_rule(i, code_of<Negate>, std::vector{t.a}), true;
      return false;
    }
    if (terms_[0].b != none || terms_[1].b != none || terms_[0].sign != 1) return false;
    if (code != code_of<Add> && code != code_of<Subtract>) return false;
    add_rule(i, terms_[1].sign == 1 ? code_of<Add> : code_of<Subtract>, std::vector{terms_[0].a, terms_[1].a});
    return true;
  }
  void add_products(Place i) {
    LaneStep step{.kind = LaneStep::Kind::products,
                  .first = static_cast<std::uint32_t>(plan_.terms.size()),
                  .count = static_cast<std::uint32_t>(terms_.size()),
                  .first_bias = static_cast<std::uint32_t>(plan_.biases.size()),
                  .biases = static_cast<std::uint32_t>(biases_.size())};
    for (const auto& [place, sign] : biases_) plan_.biases.push_back(sign > 0 ? uniform(place) : negated(place));
    for (const Product& t : terms_) {
      Term term{.has_b = t.b != none, .is_negative = t.sign < 0, .a = operand(lanes(t.a)), .b = {}};
      if (term.has_b)
        term.b = operand(lanes(t.b));
      else if (t.uniform == none)
        term.coefficient = uniform_constant(static_cast<T>(t.sign));
      else
        term.coefficient = t.sign > 0 ? uniform(t.uniform) : negated(t.uniform);
      plan_.terms.push_back(term);
    }
    slot_[i] = new_slot(is_wanted_[i]);
    step.value = slot_[i], step.adjoint = adjoint_of_[slot_[i]];
    plan_.steps.push_back(step);
  }

  // ---- layers: sums of products over the same operands, none of which waits for another
  void join_layers() {
    std::vector<LaneStep> steps;
    std::vector<std::size_t> made(adjoint_of_.size(), 0);  // 1 + the step that makes a slot
    struct Group {
      std::size_t at;
      std::vector<LaneStep> rows;
    };
    std::map<std::vector<std::uint32_t>, std::size_t> open;  // operands, and the group over them
    std::vector<Group> groups;
    std::vector<std::size_t> group_at;  // of each step, 1 + its group
    for (const LaneStep& step : plan_.steps) {
      std::size_t newest = 0;
      const auto wait = [&](std::uint32_t slot) { newest = std::max(newest, made[slot]); };
      std::vector<std::uint32_t> operands;
      bool fits = step.kind == LaneStep::Kind::products && step.count >= 2 && step.biases <= 1;
      if (step.kind == LaneStep::Kind::products) {
        for (std::uint32_t k = 0; k < step.count; ++k) {
          const Term& term = plan_.terms[step.first + k];
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
        for (std::uint32_t k = 0; k < step.count; ++k) wait(plan_.operands[step.first + k].value);
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
      if (group_at[k] > 0 && groups[group_at[k] - 1].rows.size() > 1) steps[k] = layer(groups[group_at[k] - 1].rows);
    plan_.steps = std::move(steps);
  }
  LaneStep layer(const std::vector<LaneStep>& rows) {
    LaneStep made{.kind = LaneStep::Kind::layer,
                  .first = static_cast<std::uint32_t>(plan_.operands.size()),
                  .count = rows[0].count,
                  .first_bias = static_cast<std::uint32_t>(plan_.biases.size()),
                  .biases = rows[0].biases,
                  .first_row = static_cast<std::uint32_t>(plan_.rows.size()),
                  .rows = static_cast<std::uint32_t>(rows.size()),
                  .first_weight = static_cast<std::uint32_t>(plan_.weights.size())};
    for (std::uint32_t k = 0; k < made.count; ++k) plan_.operands.push_back(plan_.terms[rows[0].first + k].a);
    for (const LaneStep& row : rows) {
      plan_.rows.push_back({row.value, row.adjoint});
      for (std::uint32_t k = 0; k < made.count; ++k) plan_.weights.push_back(plan_.terms[row.first + k].coefficient);
      if (made.biases > 0) {
        const Uniform bias = plan_.biases[row.first_bias];
        plan_.biases.push_back(bias);
      }
    }
    return made;
  }

  // ---- who is the first to reach an adjoint in the sweep, and so need not add
  void find_first() {
    std::vector<char> is_reached(plan_.adjoints, options_.share_slots ? 0 : 1);
    for (const auto& spread : plan_.spreads)  // these are gathered over many blocks
      if (spread.adjoint != no_slot) is_reached[spread.adjoint] = 1;
    std::vector<char> is_zeroed(plan_.adjoints, 0);
    const auto zero = [&](std::uint32_t slot) {
      if (!is_zeroed[slot]) plan_.zeros.push_back(slot);
      is_zeroed[slot] = is_reached[slot] = 1;
    };
    if (!plan_.is_uniform && plan_.result_adjoint != no_slot) is_reached[plan_.result_adjoint] = 1;
    const auto reach = [&](Operand& x) {
      if (!x.is_wanted()) return;
      x.is_first = !is_reached[x.adjoint];
      is_reached[x.adjoint] = 1;
    };
    for (auto step = plan_.steps.rbegin(); step != plan_.steps.rend(); ++step) {
      if (!is_swept(*step, is_reached)) continue;
      if (step->kind == LaneStep::Kind::layer)
        for (std::uint32_t k = 0; k < step->rows; ++k)
          if (const std::uint32_t adjoint = plan_.rows[step->first_row + k].adjoint; !is_reached[adjoint])
            zero(adjoint);
      if (step->kind == LaneStep::Kind::products) {
        for (std::uint32_t k = 0; k < step->count; ++k) {
          Term& term = plan_.terms[step->first + k];
          reach(term.a);
          if (term.has_b) reach(term.b);
        }
        continue;
      }
      Operand* const x = &plan_.operands[step->first];
      // A rule may visit its operands in another order than they stand in.
      if (step->count > 2 || step->kind == LaneStep::Kind::layer)
        for (std::uint32_t k = 1; k < step->count; ++k)
          for (std::uint32_t j = 0; step->kind == LaneStep::Kind::rule && j < k; ++j)
            if (x[k].is_wanted() && x[j].adjoint == x[k].adjoint && !is_reached[x[k].adjoint]) zero(x[k].adjoint);
      for (std::uint32_t k = 0; k < step->count; ++k) reach(x[k]);
    }
    if (!options_.share_slots)
      for (std::uint32_t slot = 0; slot < plan_.adjoints; ++slot)
        if (!is_zeroed[slot] && !is_spread(slot) && slot != plan_.result_adjoint) plan_.zeros.push_back(slot);
    for (std::uint32_t& adjoint : plan_.sample_adjoints)
      if (adjoint != no_slot && !is_reached[adjoint]) zero(adjoint);
  }
  // What the result does not depend on, as what only a guard asks for, has no adjoint.
  bool is_swept(LaneStep& step, const std::vector<char>& is_reached) {
    const auto has_adjoint = [&](std::uint32_t adjoint) { return adjoint != no_slot && is_reached[adjoint]; };
    if (step.kind == LaneStep::Kind::layer) {
      const auto rows = std::span(plan_.rows).subspan(step.first_row, step.rows);
      if (std::ranges::any_of(rows, [&](const Row& row) { return has_adjoint(row.adjoint); })) return true;
    } else if (has_adjoint(step.adjoint)) {
      return true;
    }
    step.adjoint = no_slot;
    step.is_swept = false;
    return false;
  }
  void find_tail() {
    if (!options_.share_slots || !plan_.guards.empty() || plan_.is_uniform || plan_.steps.empty()) return;
    const LaneStep& last = plan_.steps.back();
    plan_.has_tail = last.kind == LaneStep::Kind::rule && last.code == code_of<Square> && last.value == plan_.result &&
                     last.is_swept && plan_.operands[last.first].is_first;
  }
  bool is_spread(std::uint32_t slot) const {
    return std::ranges::any_of(plan_.spreads, [&](const auto& spread) { return spread.adjoint == slot; });
  }

  // A power of two, such that a block lies in 32 KB.
  std::size_t lanes_that_fit() const {
    const std::size_t bytes = (plan_.values + plan_.adjoints) * sizeof(T);
    return std::clamp(std::bit_floor(std::size_t{40'000} / std::max<std::size_t>(bytes, 1)), std::size_t{32},
                      std::size_t{256});
  }

  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  struct Bias {
    Place place;
    int sign;
  };
  const Instructions<T> in_;
  const ProgramOptions& options_;
  Plan<T> plan_;
  std::vector<char> is_wanted_, moves_, is_uniform_;
  std::vector<std::uint32_t> uses_;
  std::vector<std::uint32_t> slot_, spread_, uniform_;  // of each instruction
  std::vector<std::uint32_t> adjoint_of_;               // of each slot
  std::map<Uniform, Uniform> negated_;
  std::vector<Product> terms_;
  std::vector<Bias> biases_;
  std::vector<Place> needs_;
};

}  // namespace

template <class T>
Plan<T> planned(const Instructions<T>& instructions, std::size_t per_sample, bool of_samples,
                const ProgramOptions& options) {
  return Planner<T>(instructions, per_sample, of_samples, options).run();
}

template Plan<double> planned(const Instructions<double>&, std::size_t, bool, const ProgramOptions&);
template Plan<float> planned(const Instructions<float>&, std::size_t, bool, const ProgramOptions&);

}  // namespace downhill::program_detail
