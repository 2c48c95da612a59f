#include <autodiff/inspect/formula/formula.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <autodiff/error.hpp>
#include <autodiff/inspect/formula/formula_functions.hpp>
#include <autodiff/inspect/formula/formula_parser.hpp>
#include <autodiff/text/counted.hpp>

namespace downhill::inspect {

template double formula_detail::run(std::span<const Instruction>, std::size_t, std::span<const double>);
template Var<double> formula_detail::run(std::span<const Instruction>, std::size_t, std::span<const Var<double>>);
template Dual<double> formula_detail::run(std::span<const Instruction>, std::size_t, std::span<const Dual<double>>);
template Dual<double, 8> formula_detail::run(std::span<const Instruction>, std::size_t,
                                             std::span<const Dual<double, 8>>);
template Symbol<double> formula_detail::run(std::span<const Instruction>, std::size_t, std::span<const Symbol<double>>);
template Var<Dual<double>> formula_detail::run(std::span<const Instruction>, std::size_t,
                                               std::span<const Var<Dual<double>>>);

namespace {

using namespace formula_detail;

// Works out what depends on no name, hands constants to their operations, and finds the height of the stack.
class Compiler {
 public:
  static std::vector<Instruction> compile(std::span<const Instruction> instructions) {
    Compiler compiler;
    for (const Instruction& instruction : instructions) compiler.append(instruction);
    return std::move(compiler.program_);
  }

 private:
  // An operand on the stack: where its instructions begin, and whether they are one number.
  struct Operand {
    std::size_t begin;
    bool is_constant;
  };

  void append(Instruction instruction) {
    const std::size_t count = operands_of(instruction);
    if (count == 0) {
      operands_.push_back({program_.size(), instruction.kind == Kind::number});
      program_.push_back(instruction);
      return;
    }
    const auto taken = std::span(operands_).last(count);
    const std::size_t begin = taken[0].begin;
    const bool is_constant = std::ranges::all_of(taken, &Operand::is_constant);
    if (is_constant) {
      program_.push_back(instruction);
      const Instruction number{Kind::number, 0, 0, run<double>(std::span(program_).subspan(begin), count, {})};
      program_.resize(begin);
      program_.push_back(number);
    } else if (instruction.kind == Kind::binary && taken[1].is_constant) {
      instruction.number = program_.back().number;
      program_.back() = raised(instruction);
    } else if (instruction.kind == Kind::binary && taken[0].is_constant) {
      program_.push_back({Kind::after_constant, instruction.index, 0, program_[begin].number});
      program_.erase(program_.begin() + static_cast<std::ptrdiff_t>(begin));
    } else {
      program_.push_back(instruction);
    }
    operands_.resize(operands_.size() - count);
    operands_.push_back({begin, is_constant});
  }

  // x^2 and x^3 are square and cube.
  static Instruction raised(const Instruction& instruction) {
    if (instruction.index == Binary::index_of<Power>()) {
      if (instruction.number == 2) return {Kind::unary, Unary::index_of<Square>()};
      if (instruction.number == 3) return {Kind::unary, Unary::index_of<Cube>()};
    }
    return {Kind::before_constant, instruction.index, 0, instruction.number};
  }

  std::vector<Instruction> program_;
  std::vector<Operand> operands_;
};

std::size_t height_of(std::span<const Instruction> program) {
  std::size_t height = 0, highest = 0;
  for (const Instruction& instruction : program) {
    height = height - operands_of(instruction) + 1;
    highest = std::max(highest, height);
  }
  return highest;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;  // that a message lists
  if (names.empty()) return "none";
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) list += (i == 0 ? "" : ", ") + names[i];
  return names.size() <= most ? list : fmt::format("{} and {} more", list, names.size() - most);
}

// A piece of the text of a formula.
struct Piece {
  std::string text;
  int precedence;
  std::optional<std::uint32_t> joins = {};  // max(...) or min(...), which one
};

std::string within(Piece&& piece, bool needs_parentheses) {
  return needs_parentheses ? "(" + std::move(piece.text) + ")" : std::move(piece.text);
}

Piece binary_piece(const Instruction& instruction, Piece&& x, Piece&& y) {
  const Precedence precedence = precedence_of(instruction);
  const std::string_view name = Binary::names[instruction.index];
  if (precedence == call_precedence) {
    const bool joins = name == Max::name || name == Min::name;
    if (joins && x.joins == instruction.index) {
      x.text.back() = ',';
      x.text += " " + y.text + ")";
      return std::move(x);
    }
    return {fmt::format("{}({}, {})", name, x.text, y.text), precedence,
            joins ? std::optional(instruction.index) : std::nullopt};
  }
  const bool is_power = precedence == power_precedence;
  std::string text = within(std::move(x), x.precedence < precedence || (is_power && x.precedence == precedence));
  text += precedence == sum_precedence ? fmt::format(" {} ", name) : std::string(name);
  text += within(std::move(y), y.precedence < (is_power ? +sign_precedence : precedence + 1));
  return {std::move(text), precedence};
}

Piece piece_of(const Instruction& instruction, std::span<Piece> operands, const std::vector<std::string>& names) {
  const auto called = [&](std::string_view name) {
    std::string text = fmt::format("{}(", name);
    for (std::size_t i = 0; i < operands.size(); ++i) text += (i == 0 ? "" : ", ") + operands[i].text;
    return Piece{text + ")", call_precedence};
  };
  switch (instruction.kind) {
    case Kind::number:
      return {instruction.index > 0 ? std::string(constants[instruction.index].name)
                                    : fmt::format("{}", instruction.number),
              call_precedence};
    case Kind::name: return {names[instruction.index], call_precedence};
    case Kind::unary:
      if (precedence_of(instruction) == call_precedence) return called(Unary::names[instruction.index]);
      return {"-" + within(std::move(operands[0]), operands[0].precedence < sign_precedence), sign_precedence};
    case Kind::ternary: return called(Ternary::names[instruction.index]);
    case Kind::range: return called(Range::names[instruction.index]);
    default: return binary_piece(instruction, std::move(operands[0]), std::move(operands[1]));
  }
}

}  // namespace

Formula Formula::parse(std::string_view text) {
  Parsed parsed = formula_detail::parse(text);
  Formula formula;
  formula.text_ = text;
  formula.names_ = std::move(parsed.names);
  formula.parsed_ = std::move(parsed.instructions);
  formula.program_ = Compiler::compile(formula.parsed_);
  formula.height_ = height_of(formula.program_);
  return formula;
}

std::vector<std::string_view> Formula::constants() const {
  std::vector<std::string_view> typed;
  for (const Instruction& instruction : parsed_) {
    if (instruction.kind != Kind::number || instruction.index == 0) continue;
    const std::string_view name = formula_detail::constants[instruction.index].name;
    if (std::ranges::find(typed, name) == typed.end()) typed.push_back(name);
  }
  return typed;
}

void Formula::refuse_count(std::size_t count) const {
  throw ShapeError(fmt::format("formula: {} for {} ({}); give one for each, in this order", counted(count, "value"),
                               counted(names_.size(), "name"), joined(names_)));
}

std::vector<double> Formula::point(std::span<const NamedValue> values) const {
  std::vector<std::optional<double>> found(names_.size());
  for (const NamedValue& value : values) {
    const auto known = std::ranges::find(names_, value.name);
    if (known == names_.end())
      throw OptionError(fmt::format(
          "formula: it has no name '{}'{}; its names: {}", value.name,
          did_you_mean(value.name, std::vector<std::string_view>(names_.begin(), names_.end())), joined(names_)));
    auto& place = found[static_cast<std::size_t>(known - names_.begin())];
    if (place) throw OptionError(fmt::format("formula: two values for {}; give one", value.name));
    place = value.value;
  }
  std::vector<double> point;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (found[i])
      point.push_back(*found[i]);
    else
      missing.push_back(names_[i]);
  if (!missing.empty())
    throw OptionError(fmt::format("formula: no value for {}; its names: {}", joined(missing), joined(names_)));
  return point;
}

std::string to_string(const Formula& formula) {
  std::vector<Piece> pieces;
  for (const Instruction& instruction : formula.parsed_) {
    const std::size_t count = operands_of(instruction);
    Piece piece = piece_of(instruction, std::span(pieces).last(count), formula.names_);
    pieces.erase(pieces.end() - static_cast<std::ptrdiff_t>(count), pieces.end());
    pieces.push_back(std::move(piece));
  }
  return std::move(pieces.back().text);
}

}  // namespace downhill::inspect
