// downhill check: the gradient of a formula three ways, and whether they agree.

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <autodiff/gradient_check.hpp>
#include <autodiff/text/counted.hpp>
#include <autodiff/text/table.hpp>
#include <autodiff/text/utf8.hpp>

#include "command.hpp"
#include "formula_at_point.hpp"

namespace {

void run(const FormulaArguments& arguments) {
  const FormulaAtPoint f(arguments);
  const double value = f(f.point());
  fmt::print("{}\n\nThe value is {:.10g}.\n", f.text(), unsigned_nan(value));
  if (!std::isfinite(value)) throw NotReached("the formula has no finite value there, so no slope to check");
  const downhill::GradientCheck check = downhill::check_gradient(f, f.point());

  constexpr std::size_t longest = 24;
  std::vector<downhill::TableRow> rows{{"name", "at", "tape", "forward mode", "differences", "+-", "verdict"}};
  std::size_t wrong = 0;
  const auto slope = [](double x) { return fmt::format("{:.9g}", unsigned_nan(x)); };
  for (const downhill::CheckedComponent& c : check.components) {
    rows.push_back({downhill::utf8::shortened(f.names()[c.index], longest), fmt::format("{:.6g}", f.point()[c.index]),
                    slope(c.given), slope(c.forward.value_or(NAN)), slope(c.difference),
                    fmt::format("{:.1e}", c.expected_error),
                    fmt::format("{}{}", name(c.verdict), c.why.empty() ? "" : ": " + c.why)});
    wrong += c.verdict == downhill::Verdict::wrong;
  }
  using enum downhill::Align;
  fmt::print("\n{}", aligned_text(rows, std::array{left, right, right, right, right, right, left}, 2));
  fmt::print(
      "\nThe slope of f along each name: by one reverse sweep of the tape, by forward mode, and by\n"
      "differences of values alone, extrapolated, with the error to expect of them.\n");
  if (wrong > 0)
    throw NotReached(fmt::format("{} of {} disagree", wrong, downhill::counted(check.components.size(), "slope")));
}

}  // namespace

void add_check(CLI::App& program) {
  const auto arguments = std::make_shared<FormulaArguments>();
  CLI::App& command = *program.add_subcommand("check", "is the gradient right? tape, forward mode, differences");
  add_formula(command, *arguments);
  command.footer(
      "Exit code 0: none disagrees (kinks, and what differences cannot tell, are named); 1: one\n"
      "does, or the formula has no finite value there; 2: something is wrong with what was given.\n\n"
      "Example: downhill check \"tanh(w*x + b)^2\" w=0.5 b=-0.2 x:=2");
  command.callback([arguments] { run(*arguments); });
}
