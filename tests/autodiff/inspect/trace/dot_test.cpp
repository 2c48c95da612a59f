#include <autodiff/inspect/trace/dot.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;
using inspect::Trace;

TEST_CASE("a graph shows values, adjoints, slopes and plain numbers", "[dot]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variable(3, "w");
  const auto loss = square(w * 2.0);
  trace.name(loss, "loss");
  CHECK(inspect::dot(trace.of(loss)) == R"(digraph record {
  rankdir=LR;
  node [fontname="sans-serif"];
  s0 [shape=box, label="w = 3\nadjoint 24", tooltip=""];
  s1 [shape=ellipse, label="*\n6\nadjoint 12", tooltip=""];
  s2 [shape=ellipse, label="square\nloss = 36\nadjoint 1", tooltip="", penwidth=2];
  s0 -> s1 [label="2"];
  c1_1 [shape=plaintext, label="2"];
  c1_1 -> s1 [style=dashed];
  s1 -> s2 [label="12"];
}
)");
}

TEST_CASE("names cannot break out of their quotes, and scopes are frames", "[dot]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variable(3, "a\"b\\c\nd");
  const auto here = trace.here("layer \"1\"");
  const std::string text = inspect::dot(trace.of(w * w));
  CHECK_THAT(text, ContainsSubstring(R"(label="a\"b\\cd = 3)"));
  CHECK_THAT(text, ContainsSubstring("subgraph cluster_0 {\n  label=\"layer \\\"1\\\"\";"));
}

TEST_CASE("a large graph is cut before the last steps and keeps the variables they use", "[dot]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variable(0.5, "w"), start = tape.variable(1, "start");
  auto y = start;
  for (int i = 0; i < 1000; ++i) y = y * w;
  const std::string text = inspect::dot(trace.of(y), {.most_steps = 10});
  CHECK_THAT(text, ContainsSubstring("991 earlier steps are left out"));
  CHECK_THAT(text, ContainsSubstring("label=\"w = 0.5"));
  CHECK_THAT(text, !ContainsSubstring("start"));
  CHECK_THAT(text, ContainsSubstring("earlier -> s"));
  CHECK(std::count(text.begin(), text.end(), '\n') < 60);
}

TEST_CASE("a step of many operands shows some of them and counts the rest", "[dot]") {
  Tape<double> tape;
  Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector<double>(100, 1.0));
  CHECK_THAT(inspect::dot(trace.of(sum(x))), ContainsSubstring("... and 84 more operands"));
}

TEST_CASE("blocks are drawn as boxes with a summary of their elements", "[dot]") {
  Tape<double> tape;
  Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector{1.0, 2.0});
  const auto swapped = recompute([](auto v) { return std::vector{v[1], v[0]}; })(x);
  const std::string text = inspect::dot(trace.of(swapped[0] * swapped[1]));
  CHECK_THAT(text, ContainsSubstring("shape=box3d, label=\"recompute\\n[2] mean 1.5, 1 to 2"));
}
