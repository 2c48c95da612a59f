#include <autodiff/cost/program.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include <autodiff/calculus/work.hpp>
#include <autodiff/program/variants.hpp>

namespace downhill {

Cost ProgramCost::over(std::size_t samples) const {
  const auto n = static_cast<double>(samples);
  Cost all = sample;
  for (CostLine& line : all.lines)
    line.forward = n * line.forward, line.reverse = n * line.reverse, line.count *= samples;
  for (const CostLine& once : hoisted.lines) {
    CostLine& line = all.line(once.kind, once.product);
    line.count += once.count;
    line.forward += once.forward, line.reverse += once.reverse;
  }
  return all;
}

namespace program_detail {
namespace {

struct OfCode {
  Work (*value)(std::size_t operands);
  Work (*pull_back)(std::size_t operand);
};

Work one_operation(std::size_t) { return {.operations = 1}; }
Work two_operations(std::size_t) { return {.operations = 2}; }
// The tangent of a rule: a slope for each of its operands, and the products of them with tangents.
Work of_tangent(std::size_t operands) {
  return {.operations = static_cast<double>(operands), .functions = static_cast<double>(operands) / 2};
}
Work back_of_tangent(std::size_t) { return {.operations = 2, .functions = 1}; }

template <class... Rule>
std::array<OfCode, sizeof...(Rule)> table_of(TypeList<Rule...>) {
  return {OfCode{&value_work<Rule>, &pull_back_work<Rule>}...};
}
OfCode of_code(Code code) {
  static const auto rules = table_of(AllRules{});
  if (code < rules.size()) return rules[code];
  if (is_selection(code)) return {&one_operation, &two_operations};
  return {&of_tangent, &back_of_tangent};
}

// What steps of a plan take. An operand in lanes is read once and the result is written, and their adjoints likewise;
// what is the same for all samples stays in registers.
template <class T>
class Counter {
 public:
  explicit Counter(const Plan<T>& plan) : plan_(plan), is_one_(plan.uniforms, false) {
    for (const auto& [uniform, number] : plan.constants) is_one_[uniform] = std::abs(number) == T(1);
  }
  ProgramCost run() {
    for (const Step& step : plan_.uniform_steps) add_hoisted(step);
    if (!plan_.sample.empty()) {
      const double moved = bytes(plan_.sample.size());
      add("numbers of the sample", {.read = moved, .written = moved}, {});
    }
    for (const auto& spread : plan_.spreads)
      if (spread.adjoint != no_slot) add("parameters in lanes", {}, {.operations = 1, .read = bytes(1)});
    for (const LaneStep& step : plan_.steps) {
      switch (step.kind) {
        case LaneStep::Kind::rule: add_rule(step); break;
        case LaneStep::Kind::products: add_products(step); break;
        case LaneStep::Kind::layer: add_layer(step); break;
        case LaneStep::Kind::row: add_row(step); break;
      }
    }
    for (std::size_t k = 0; k < plan_.guards.size(); ++k) add("comparisons", {.operations = 1, .read = bytes(2)}, {});
    return std::move(cost_);
  }

 private:
  static double bytes(std::size_t numbers) { return static_cast<double>(numbers * sizeof(T)); }
  void add(std::string_view kind, const Work& forward, const Work& reverse,
           const std::array<std::size_t, 3>& product = {0, 0, 0}) {
    CostLine& line = cost_.sample.line(kind, product);
    ++line.count;
    line.forward += forward, line.reverse += reverse;
  }
  // An adjoint that is added to.
  static Work added() { return {.operations = 1, .read = bytes(1), .written = bytes(1)}; }
  static Work handed_on() { return Work{.operations = 1} + added(); }

  void add_hoisted(const Step& step) {
    const OfCode of = of_code(step.code);
    CostLine& line = cost_.hoisted.line(name_of(step.code));
    ++line.count;
    line.forward += of.value(step.count);
    line.forward += {.read = bytes(step.count), .written = bytes(1)};
    for (std::uint32_t k = 0; k < step.count; ++k)
      if (plan_.uniform_operands[step.first + k].is_wanted()) line.reverse += of.pull_back(k);
  }
  void add_rule(const LaneStep& step) {
    const OfCode of = of_code(step.code);
    Work forward = of.value(step.count), reverse;
    forward += {.read = bytes(step.count), .written = bytes(1)};
    for (std::uint32_t k = 0; k < step.count && step.adjoint != no_slot; ++k)
      if (plan_.operands[step.first + k].is_wanted())
        reverse += of.pull_back(k) + Work{.read = bytes(3), .written = bytes(1)};
    add(name_of(step.code), forward, reverse);
  }
  bool moves(Uniform uniform) const { return plan_.moves[uniform] != 0; }
  Work of_biases(const LaneStep& step) const {
    Work work;
    for (std::uint32_t k = 0; k < step.biases && step.adjoint != no_slot; ++k)
      if (moves(plan_.biases[step.first_bias + k])) work.operations += 1;
    return work;
  }
  // The sum of biases and products. A coefficient of 1 or -1 multiplies nothing.
  void add_products(const LaneStep& step) {
    Work forward{.operations = std::max(static_cast<double>(step.count) + step.biases - 1, 0.0), .written = bytes(1)};
    Work reverse = of_biases(step);
    for (std::uint32_t k = 0; k < step.count; ++k) {
      const Term& term = plan_.terms[step.first + k];
      const bool is_product = term.has_b || !is_one_[term.coefficient];
      forward += {.operations = is_product ? 1.0 : 0.0, .read = bytes(term.has_b ? 2 : 1)};
      if (step.adjoint == no_slot) continue;
      if (term.a.is_wanted()) reverse += is_product ? handed_on() : added();
      if (term.has_b && term.b.is_wanted()) reverse += handed_on();
      if (!term.has_b && moves(term.coefficient)) reverse += {.operations = 2, .read = bytes(1)};
    }
    if (step.adjoint != no_slot) reverse.read += bytes(1);
    add("sums of products", forward, reverse);
  }
  void add_layer(const LaneStep& step) {
    const std::size_t weights = std::size_t{step.rows} * step.count;
    const double multiplied = 2 * static_cast<double>(weights), rows = step.rows;
    Work forward{.operations = multiplied - (step.biases > 0 ? 0 : rows),
                 .read = bytes(step.count),
                 .written = bytes(step.rows)};
    Work reverse{.read = bytes(step.rows)};
    const bool is_swept = plan_.rows[step.first_row].adjoint != no_slot;
    for (std::uint32_t k = 0; k < step.count && is_swept; ++k)
      if (plan_.operands[step.first + k].is_wanted())
        reverse += {.operations = 2 * rows, .read = bytes(1), .written = bytes(1)};
    for (std::size_t k = 0; k < weights && is_swept; ++k)
      if (moves(plan_.weights[step.first_weight + k])) reverse.operations += 2;
    for (std::uint32_t r = 0; r < step.rows && step.biases > 0 && is_swept; ++r)
      if (moves(plan_.biases[step.first_bias + r])) reverse.operations += 1;
    if (is_swept) reverse.read += bytes(step.count);
    add("layer", forward, is_swept ? reverse : Work{}, {1, step.count, step.rows});
  }
  void add_row(const LaneStep& step) {
    const double n = step.count;
    Work reverse = of_biases(step);
    for (std::uint32_t k = 0; k < step.count && step.adjoint != no_slot; ++k)
      if (moves(plan_.weights[step.first_weight + k])) reverse += {.operations = 2, .read = bytes(1)};
    add("row of the sample", {.operations = 2 * n + step.biases - 1, .read = bytes(step.count), .written = bytes(1)},
        reverse);
  }

  const Plan<T>& plan_;
  std::vector<bool> is_one_;
  ProgramCost cost_;
};

}  // namespace

template <class T>
ProgramCost cost_of(ProgramState<T>& state, std::size_t variant) {
  if (variant >= state.size()) return {};
  return Counter<T>(state[variant].plan({})).run();
}

template ProgramCost cost_of(ProgramState<double>&, std::size_t);
template ProgramCost cost_of(ProgramState<float>&, std::size_t);

}  // namespace program_detail

}  // namespace downhill
