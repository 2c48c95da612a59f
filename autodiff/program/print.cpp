#include <autodiff/program/print.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace downhill::program_detail {
namespace {

std::string_view name_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::less: return "<";
    case Comparison::less_equal: return "<=";
    default: return "==";
  }
}

// "%3" for the third value, "w[0]", "s[1]" and numbers as themselves.
template <class T>
std::string operand_text(const Instructions<T>& instructions, Place i) {
  const Instruction& instruction = instructions[i];
  if (instructions.is_constant(i)) return fmt::format("{}", instructions.constant(i));
  if (is_leaf(instruction.code))
    return fmt::format("{}[{}]", downhill::program_detail::name_of(instruction.code), instruction.first);
  return fmt::format("%{}", i);
}
bool is_infix(Code code) {
  return code == code_of<Add> || code == code_of<Subtract> || code == code_of<Multiply> || code == code_of<Divide>;
}
std::string call_text(Code code, const std::vector<std::string>& operands) {
  const std::string_view name = downhill::program_detail::name_of(code);
  if (is_infix(code)) return fmt::format("{} {} {}", operands[0], name, operands[1]);
  if (code == code_of<Negate>) return fmt::format("-{}", operands[0]);
  if (code >= code_of<SelectIf<Comparison::less>> && code <= code_of<SelectIf<Comparison::equal>>)
    return fmt::format("{} {} {} ? {} : {}", operands[0], name.substr(name.find(' ') + 1), operands[1], operands[2],
                       operands[3]);
  return fmt::format("{}({})", name, fmt::join(operands, ", "));
}
template <class T>
std::string instruction_text(const Instructions<T>& instructions, Place i) {
  const Code code = instructions[i].code;
  std::vector<std::string> operands;
  for (const Place operand : instructions.operands(i)) operands.push_back(operand_text(instructions, operand));
  return call_text(code, operands);
}

template <class T>
std::string text_of(const Instructions<T>& instructions) {
  std::string text;
  for (Place i = 0; i < instructions.size(); ++i)
    if (!is_leaf(instructions[i].code)) text += fmt::format("  %{} = {}\n", i, instruction_text(instructions, i));
  for (const Guard& guard : instructions.guards())
    text += fmt::format("  guard {} {} {}: {}\n", operand_text(instructions, guard.a), name_of(guard.comparison),
                        operand_text(instructions, guard.b), guard.outcome ? "yes" : "no");
  for (const Place result : instructions.results())
    text += fmt::format("  result {}\n", operand_text(instructions, result));
  return text;
}

// What of the instructions is worked out where.
template <class T>
class PlanText {
 public:
  explicit PlanText(const Plan<T>& plan)
      : plan_(plan), names_(plan.uniforms), lanes_(plan.values), made_(plan.sample.size()) {
    for (const auto& [uniform, number] : plan.constants) names_[uniform] = fmt::format("{}", number);
    for (const auto& [uniform, i] : plan.parameters) names_[uniform] = fmt::format("w[{}]", i);
    for (const auto& [slot, i] : plan.sample) lanes_[slot] = fmt::format("s[{}]", i);
    for (const auto& spread : plan.spreads) lanes_[spread.value] = fmt::format("u{}", spread.from);
  }
  std::string text() {
    std::string text;
    for (const Step& step : plan_.uniform_steps) {
      names_[step.value] = fmt::format("u{}", step.value);
      text += fmt::format("  {} = {}\n", names_[step.value], call(step.code, [&] {
                            std::vector<std::string> operands;
                            for (std::uint32_t k = 0; k < step.count; ++k)
                              operands.push_back(names_[plan_.uniform_operands[step.first + k].value]);
                            return operands;
                          }()));
    }
    for (const auto& spread : plan_.spreads) lanes_[spread.value] = names_[spread.from];
    text += fmt::format("  for each sample, {} at a time:\n", plan_.lanes);
    for (const LaneStep& step : plan_.steps) text += step_text(step);
    for (const LaneGuard& guard : plan_.guards)
      text += fmt::format("    guard {} {} {}: {}\n", lane(guard.a), name_of(guard.comparison), lane(guard.b),
                          guard.outcome ? "yes" : "no");
    for (const auto& result : plan_.results)
      text += fmt::format("    result {}\n", result.is_uniform ? names_[result.value] : lane(result.value));
    return text;
  }

 private:
  const std::string& lane(std::uint32_t slot) const { return lanes_[slot]; }
  // Values share slots, so each gets a number of its own.
  const std::string& made(std::uint32_t slot) { return lanes_[slot] = fmt::format("%{}", made_++); }
  static std::string call(Code code, const std::vector<std::string>& operands) { return call_text(code, operands); }
  std::string step_text(const LaneStep& step) {
    if (step.kind == LaneStep::Kind::layer) {
      std::vector<std::string> results, operands;
      for (std::uint32_t k = 0; k < step.count; ++k) operands.push_back(lane(plan_.operands[step.first + k].value));
      for (std::uint32_t r = 0; r < step.rows; ++r) results.push_back(made(plan_.rows[step.first_row + r].value));
      return fmt::format("    {} = layer {} x {} of {}{}\n", fmt::join(results, ", "), step.rows, step.count,
                         fmt::join(operands, ", "), step.biases > 0 ? ", with biases" : "");
    }
    if (step.kind == LaneStep::Kind::rule) {
      std::vector<std::string> operands;
      for (std::uint32_t k = 0; k < step.count; ++k) operands.push_back(lane(plan_.operands[step.first + k].value));
      return fmt::format("    {} = {}\n", made(step.value), call(step.code, operands));
    }
    std::string sum;
    const auto add = [&](std::string_view part) {
      const bool is_negative = part.starts_with('-');
      if (sum.empty())
        sum = part;
      else
        sum += fmt::format(" {} {}", is_negative ? '-' : '+', part.substr(is_negative ? 1 : 0));
    };
    for (std::uint32_t k = 0; k < step.biases; ++k) add(names_[plan_.biases[step.first_bias + k]]);
    if (step.kind == LaneStep::Kind::row) {
      for (std::uint32_t k = 0; k < step.count; ++k)
        add(fmt::format("{} s[{}]", names_[plan_.weights[step.first_weight + k]], step.first + k));
      return fmt::format("    {} = row {}\n", made(step.value), sum);
    }
    for (std::uint32_t k = 0; k < step.count; ++k) {
      const Term& term = plan_.terms[step.first + k];
      const std::string& coefficient = names_[term.coefficient];
      if (term.has_b)
        add(fmt::format("{}{} {}", term.is_negative ? "-" : "", lane(term.a.value), lane(term.b.value)));
      else if (coefficient == "1" || coefficient == "-1")
        add((coefficient == "1" ? "" : "-") + lane(term.a.value));
      else
        add(fmt::format("{} {}", coefficient, lane(term.a.value)));
    }
    return fmt::format("    {} = {}\n", made(step.value), sum);
  }

  const Plan<T>& plan_;
  std::vector<std::string> names_, lanes_;
  std::size_t made_;
};

}  // namespace

template <class T>
std::string text_of(ProgramState<T>& state) {
  std::string text =
      fmt::format("program of {} parameters w and samples of {} numbers s{}\n", state.parameters(), state.per_sample(),
                  state.results() > 1 ? fmt::format(", with {} results", state.results()) : "");
  if (state.size() == 0) text += "it branches, and is recorded when the first sample comes\n";
  for (std::size_t v = 0; v < state.size(); ++v) {
    const Instructions<T>& recorded = state[v].recorded();
    if (state.size() > 1) text += fmt::format("variant {} of {}\n", v + 1, state.size());
    text += "recorded:\n" + text_of(recorded) + "simplified:\n" + text_of(state[v].instructions()) + "planned:\n" +
            PlanText<T>(state[v].plan({})).text();
  }
  return text;
}
template std::string text_of(ProgramState<double>&);
template std::string text_of(ProgramState<float>&);

}  // namespace downhill::program_detail

std::string fmt::formatter<downhill::Variants>::text_of(const downhill::Variants& variants) {
  std::string text;
  for (const downhill::VariantUse& use : variants.recorded)
    text += fmt::format("{} samples: {} instructions, {} guards\n", use.samples, use.instructions, use.guards);
  if (variants.samples_on_tape > 0) text += fmt::format("{} samples on the tape\n", variants.samples_on_tape);
  return text;
}
