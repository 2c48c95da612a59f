// Formulas printed and read again.

#include <autodiff/inspect/formula/formula.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <support/catch.hpp>
#include <support/formula_functions.hpp>

using namespace downhill;
using formula_functions::Called;
using formula_functions::functions;
using inspect::Formula;

namespace {

std::string understood(std::string_view text) { return to_string(Formula::parse(text)); }
bool same_bits(double x, double y) {
  return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) || (std::isnan(x) && std::isnan(y));
}

// ---- random expressions

struct Node {
  enum Kind { number, name, negate, add, subtract, multiply, divide, power, call } kind = number;
  double value = 0;
  std::size_t index = 0;  // of the name or of the function
  std::vector<Node> operands;
};
const std::vector<std::string> random_names{"x", "y_1", "θ"};

class Forest {
 public:
  explicit Forest(unsigned seed) : random_(seed) {}

  Node tree(int depth) {
    if (depth == 0 || below(8) == 0) {
      if (below(2) == 0) return {Node::name, 0, below(3), {}};
      constexpr std::array numbers{0.0, 1.0, 2.0, 3.0, 0.5, 1e-300, 1e300, 0.1, 12345678.9, 5e-324};
      return {
          Node::number, below(3) == 0 ? std::uniform_real_distribution(0.0, 5.0)(random_) : numbers[below(10)], 0, {}};
    }
    const auto kind = static_cast<Node::Kind>(Node::negate + below(7));
    Node node{kind, 0, below(functions_.size()), {}};
    const std::size_t operands = kind == Node::call ? functions_[node.index].operands : kind == Node::negate ? 1 : 2;
    for (std::size_t i = 0; i < operands; ++i) node.operands.push_back(tree(depth - 1));
    return node;
  }

  double value(const Node& node, const std::vector<double>& values) const {
    std::vector<double> x;
    for (const Node& operand : node.operands) x.push_back(value(operand, values));
    switch (node.kind) {
      case Node::number: return node.value;
      case Node::name: return values[node.index];
      case Node::negate: return -x[0];
      case Node::add: return x[0] + x[1];
      case Node::subtract: return x[0] - x[1];
      case Node::multiply: return x[0] * x[1];
      case Node::divide: return x[0] / x[1];
      case Node::power:
        if (!is_constant(node.operands[0]) && is_constant(node.operands[1])) {
          if (x[1] == 2) return square(x[0]);
          if (x[1] == 3) return cube(x[0]);
        }
        return std::pow(x[0], x[1]);
      default: return functions_[node.index].call(x.data());
    }
  }

  // With blanks and parentheses wherever they may stand.
  std::string text(const Node& node) {
    std::string typed;
    if (node.kind == Node::number) typed = fmt::format("{}", node.value);
    if (node.kind == Node::name) typed = random_names[node.index];
    if (node.kind == Node::negate) typed = "-" + blank() + grouped(node.operands[0]);
    if (Node::add <= node.kind && node.kind <= Node::power)
      typed =
          grouped(node.operands[0]) + blank() + "+-*/^"[node.kind - Node::add] + blank() + grouped(node.operands[1]);
    if (node.kind == Node::call) {
      typed = functions_[node.index].name + blank() + "(";
      for (std::size_t i = 0; i < node.operands.size(); ++i) typed += (i == 0 ? "" : ",") + text(node.operands[i]);
      typed += ")";
    }
    return blank() + (below(6) == 0 ? "(" + typed + ")" : typed) + blank();
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string blank() { return std::vector<std::string>{"", "", "", " ", "\t", "\n"}[below(6)]; }
  std::string grouped(const Node& node) {
    const bool is_whole = node.kind == Node::number || node.kind == Node::name || node.kind == Node::call;
    return is_whole ? text(node) : "(" + text(node) + ")";
  }
  static bool is_constant(const Node& node) {
    return node.kind != Node::name && std::ranges::all_of(node.operands, is_constant);
  }

  std::mt19937 random_;
  std::vector<Called<double>> functions_ = functions<double>();
};

}  // namespace

TEST_CASE("a formula prints with the parentheses it needs, and no others") {
  for (const char* const text : {"tanh(w*x + b) - y",
                                 "a + b - c",
                                 "a - (b - c)",
                                 "a + (b + c)",
                                 "a*b/c",
                                 "a/(b*c)",
                                 "(a + b)*c",
                                 "a^b^c",
                                 "(a^b)^c",
                                 "-x^2",
                                 "(-x)^2",
                                 "2^-x",
                                 "2^-x^2",
                                 "(2^-x)^2",
                                 "-(a*b)",
                                 "-a*b",
                                 "a*-b",
                                 "a - -b",
                                 "--x",
                                 "(-(a + b))^2",
                                 "max(a, b, c)",
                                 "max(a, max(b, c))",
                                 "max(min(a, b), c)",
                                 "2*pi*e",
                                 "pow(x, 2)",
                                 "1/3*x",
                                 "elu(x, 0.5)",
                                 "log_sum_exp(a, b)",
                                 "hypot(a, b, c)",
                                 "1e+300*x",
                                 "-(-a)^2"})
    CHECK(understood(text) == text);
  CHECK(understood("((x))*(y)") == "x*y");
  CHECK(understood("+x") == "x");
  CHECK(understood("x²·−π") == "x^2*-pi");
  CHECK(understood("leaky_relu(x)") == "leaky_relu(x, 0.01)");
  CHECK(understood("fabs(x)") == "abs(x)");
}

TEST_CASE(
    "random expressions compute the same bits as they do when they are evaluated by hand, also printed and read "
    "again") {
  Forest forest(1);
  std::mt19937 random(2);
  for (int i = 0; i < 5'000; ++i) {
    const Node tree = forest.tree(1 + i % 5);
    const std::string text = forest.text(tree);
    const Formula f = Formula::parse(text), again = Formula::parse(to_string(f));
    INFO(text << "\nunderstood as " << to_string(f));
    CHECK(to_string(again) == to_string(f));
    CHECK(again.names() == f.names());
    for (int k = 0; k < 3; ++k) {
      std::vector<double> values, own;
      for (int j = 0; j < 3; ++j) values.push_back(std::normal_distribution(0.0, 2.0)(random));
      for (const std::string& name : f.names())
        own.push_back(values[std::size_t(std::ranges::find(random_names, name) - random_names.begin())]);
      CHECK(same_bits(f(own), forest.value(tree, values)));
      CHECK(same_bits(again(own), f(own)));
    }
  }
}

TEST_CASE("random texts are read or refused, and what is read computes the same when it is printed and read again") {
  const std::vector<std::string> tokens{"1",   "2.5", "x",    "y",      "(",    ")",  ",",    "+",     "-",  "*",
                                        "/",   "^",   "sin(", "max(",   "sum(", "pi", "e",    "²",     "·",  " ",
                                        "1e9", ".",   "sin",  "clamp(", "θ",    "−",  "elu(", "1e999", "\n", "$"};
  std::mt19937 random(3);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  int read = 0, refused = 0;
  const auto attempt = [&](const std::string& text) {
    try {
      const Formula f = Formula::parse(text), again = Formula::parse(to_string(f));
      const std::vector<double> at(f.names().size(), 0.75);
      if (!same_bits(f(at), again(at))) FAIL_CHECK(text << " is not " << to_string(f));
      ++read;
    } catch (const FormulaError& error) {
      if (std::string(error.what()).find('\n') != std::string::npos) FAIL_CHECK(text);
      ++refused;
    }
  };
  for (int i = 0; i < 80'000; ++i) {
    std::string text;
    for (std::size_t n = below(i % 2 == 0 ? 6 : 25); n-- > 0;) text += tokens[below(tokens.size())];
    attempt(text);
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string text(below(20), ' ');
    for (char& c : text) c = static_cast<char>(below(256));
    attempt(text);
  }
  CHECK(read > 1'000);
  CHECK(refused > 50'000);
}
