#include <autodiff/program/plan.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

#include <autodiff/program/plan/passes.hpp>

namespace downhill::program_detail {
namespace {

template <class T>
class Planner {
 public:
  Planner(Instructions<T> instructions, std::size_t per_sample, const Differentiated& along,
          const ProgramOptions& options)
      : in_(std::move(instructions)), options_(options), along_(along) {
    plan_.sample_adjoints.assign(per_sample, no_slot);
    plan_.sample_slots.assign(per_sample, no_slot);
    is_wanted_ = dependents(in_, [&](const Instruction& i) {
      return (along.parameters && i.code == code_of<ParameterNumber>) ||
             (i.code == code_of<SampleNumber> && i.first < along.sample_numbers);
    });
    moves_ = along.parameters ? dependents_of_parameters(in_) : std::vector<char>(in_.size(), 0);
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
    for (const Place result : in_.results()) {
      const bool is_uniform = is_uniform_[result];
      const std::uint32_t value = is_uniform ? uniform(result) : lane(result);
      plan_.results.push_back({is_uniform, value, is_uniform ? no_slot : adjoint_of_[value]});
    }
    plan_.uniforms = plan_.moves.size();
    plan_.values = plan_.adjoints = adjoint_of_.size();
    if (options_.join_layers && options_.fuse_products) {
      join_layers(plan_);
      find_rows(plan_, columns());
    }
    find_first(plan_, options_.share_slots);
    if (options_.share_slots) {
      find_tail(plan_);
      share_values(plan_);
    }
    if (plan_.results.size() > 1 && along_.sample_numbers > 0 && !along_.parameters) plan_.sweeps = sweeps();
    if (options_.share_slots) share_adjoints(plan_);
    plan_.lanes = options_.lanes > 0 ? options_.lanes : lanes_that_fit();
    return std::move(plan_);
  }

 private:
  // One for each result. Whatever a sweep reads is kept: the sweep of all results together, for which values share
  // their slots, reads no less.
  std::vector<Plan<T>> sweeps() const {
    std::vector<Plan<T>> sweeps(plan_.results.size(), plan_);
    for (std::size_t k = 0; k < sweeps.size(); ++k) {
      for (std::size_t other = 0; other < sweeps.size(); ++other)
        if (other != k) sweeps[k].results[other].adjoint = no_slot;
      sweeps[k].zeros.clear();
      find_first(sweeps[k], options_.share_slots);
      if (options_.share_slots) share_adjoints(sweeps[k]);
    }
    return sweeps;
  }
  std::vector<std::uint32_t> uses() const {
    std::vector<std::uint32_t> uses(in_.size(), 0);
    const auto use = [&](Place i) { ++uses[i]; };
    for (const Place result : in_.results()) use(result);
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
        uniform_[i] = new_uniform(along_.parameters);
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
  // Rules whose slopes cost little beside the value (lanes/rules.cpp).
  static bool keeps_slopes(Code code) {
    return code == code_of<Tanh> || code == code_of<Softplus> || code == code_of<Sin> || code == code_of<Cos> ||
           code == code_of<Erf> || code == code_of<Erfc> || code == code_of<RangeLogSumExp>;
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

  // Which number of a sample a slot has, where only one step uses that and nobody asks for its adjoint.
  std::vector<std::uint32_t> columns() const {
    std::vector<std::uint32_t> columns(adjoint_of_.size(), no_slot);
    for (Place i = 0; i < in_.size(); ++i)
      if (in_[i].code == code_of<SampleNumber> && uses_[i] == 1 && !is_wanted_[i]) columns[slot_[i]] = in_[i].first;
    return columns;
  }
  // A step costs the more the fewer lanes share what it does once. So as many as measure best where a block lies in the
  // cache nearest to the processor; and where it does not fit into the next one either, fewer.
  std::size_t lanes_that_fit() const {
    const std::size_t bytes = (plan_.values + plan_.most_adjoints()) * sizeof(T);
    if (bytes * 256 <= 24'000) return 256;
    return std::clamp(std::bit_floor(std::size_t{1'000'000} / std::max<std::size_t>(bytes, 1)), std::size_t{64},
                      std::size_t{128});
  }

  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  struct Bias {
    Place place;
    int sign;
  };
  const Instructions<T> in_;
  const ProgramOptions& options_;
  const Differentiated along_;
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
Plan<T> planned(const Instructions<T>& instructions, std::size_t per_sample, const Differentiated& along,
                const ProgramOptions& options) {
  return Planner<T>(instructions, per_sample, along, options).run();
}

template Plan<double> planned(const Instructions<double>&, std::size_t, const Differentiated&, const ProgramOptions&);
template Plan<float> planned(const Instructions<float>&, std::size_t, const Differentiated&, const ProgramOptions&);

}  // namespace downhill::program_detail
