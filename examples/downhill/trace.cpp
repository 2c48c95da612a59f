// downhill trace: every step of a formula forward, and the sweep back over them.

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include <autodiff/inspect/trace/autopsy.hpp>
#include <autodiff/inspect/trace/dot.hpp>
#include <autodiff/inspect/trace/json.hpp>
#include <autodiff/inspect/trace/table.hpp>
#include <autodiff/inspect/trace/trace.hpp>
#include <autodiff/inspect/trace/trace_page.hpp>
#include <autodiff/inspect/trace/why.hpp>

#include "command.hpp"
#include "formula_at_point.hpp"

namespace {

namespace inspect = downhill::inspect;

struct Arguments {
  FormulaArguments formula;
  std::string html, dot, json, why;
};

void run(const Arguments& arguments) {
  const FormulaAtPoint f(arguments.formula);
  demand_apart("", {{"--html", arguments.html}, {"--dot", arguments.dot}, {"--json", arguments.json}});
  for (const std::string& file : {arguments.html, arguments.dot, arguments.json}) demand_writable(file);
  downhill::Tape<double> tape;
  inspect::Trace trace(tape);
  std::vector<downhill::Var<double>> point;
  for (std::size_t i = 0; i < f.point().size(); ++i) point.push_back(tape.variable(f.point()[i], f.names()[i]));
  const downhill::Var<double> value = f(point);
  if (!value.is_active())
    throw downhill::OptionError("the formula depends on none of its free names: nothing to trace");
  trace.name(value, "f");
  const inspect::Record record = trace.of(value);
  fmt::print("{}\n\n", f.text());
  inspect::print(record);
  if (!arguments.why.empty()) fmt::print("\n{}", explanation(record, why(record, arguments.why)));
  const inspect::Autopsy found = inspect::autopsy(record);
  const bool sound = !found.value && !found.adjoint;
  if (!sound) fmt::print("\n{}", report(record, found));
  if (!arguments.html.empty())
    write_file(arguments.html, inspect::trace_page(record, {.title = f.text()}), "the trace as a page");
  if (!arguments.dot.empty()) write_file(arguments.dot, inspect::dot(record), "the graph for Graphviz");
  if (!arguments.json.empty()) write_file(arguments.json, inspect::json(record), "the record as JSON");
  if (!sound) throw NotReached("a value or an adjoint is not finite");
}

}  // namespace

void add_trace(CLI::App& program) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *program.add_subcommand("trace", "every step forward, and the sweep back");
  add_formula(command, arguments->formula);
  command.add_option("--why", arguments->why, "the heaviest paths from the value to this name")->type_name("NAME");
  command.add_option("--html", arguments->html, "write a page to step through")->type_name("FILE");
  command.add_option("--dot", arguments->dot, "write the graph for Graphviz")->type_name("FILE");
  command.add_option("--json", arguments->json, "write the record as JSON")->type_name("FILE");
  command.footer(
      "Exit code 0: all values and adjoints are finite; 1: one is not, and what usually causes that\n"
      "is said; 2: something is wrong with what was given.\n\n"
      "Example: downhill trace \"tanh(w*x + b)^2\" w=0.5 b=-0.2 x:=2 --why w --html trace.html");
  command.callback([arguments] { run(*arguments); });
}
