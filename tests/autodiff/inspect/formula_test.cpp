#include <autodiff/inspect/formula.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <locale>
#include <random>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect/table.hpp>
#include <support/catch.hpp>
#include <support/text.hpp>

using namespace downhill;
using inspect::Formula;

namespace {

double value_of(std::string_view text, std::initializer_list<inspect::NamedValue> values = {}) {
  const Formula f = Formula::parse(text);
  return f(f.point(values));
}
std::string understood(std::string_view text) { return to_string(Formula::parse(text)); }
std::string error_in(std::string_view text) {
  return message_of([&] { Formula::parse(text); });
}
FormulaError caught(std::string_view text) {
  try {
    Formula::parse(text);
  } catch (const FormulaError& error) {
    return error;
  }
  throw std::logic_error("no error");
}
bool same_bits(double x, double y) {
  return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) || (std::isnan(x) && std::isnan(y));
}

template <class X>
struct Called {
  std::string name;
  std::size_t operands;
  std::function<X(const X*)> call;
};
// Every function, as C++ calls it.
template <class X>
std::vector<Called<X>> functions() {
  using P = const X*;
  return {
      {"reciprocal", 1, [](P x) { return reciprocal(x[0]); }},
      {"square", 1, [](P x) { return square(x[0]); }},
      {"cube", 1, [](P x) { return cube(x[0]); }},
      {"sqrt", 1, [](P x) { return downhill::sqrt(x[0]); }},
      {"cbrt", 1, [](P x) { return downhill::cbrt(x[0]); }},
      {"exp", 1, [](P x) { return downhill::exp(x[0]); }},
      {"exp2", 1, [](P x) { return downhill::exp2(x[0]); }},
      {"expm1", 1, [](P x) { return downhill::expm1(x[0]); }},
      {"log", 1, [](P x) { return downhill::log(x[0]); }},
      {"log2", 1, [](P x) { return downhill::log2(x[0]); }},
      {"log10", 1, [](P x) { return downhill::log10(x[0]); }},
      {"log1p", 1, [](P x) { return downhill::log1p(x[0]); }},
      {"sin", 1, [](P x) { return downhill::sin(x[0]); }},
      {"cos", 1, [](P x) { return downhill::cos(x[0]); }},
      {"tan", 1, [](P x) { return downhill::tan(x[0]); }},
      {"asin", 1, [](P x) { return downhill::asin(x[0]); }},
      {"acos", 1, [](P x) { return downhill::acos(x[0]); }},
      {"atan", 1, [](P x) { return downhill::atan(x[0]); }},
      {"sinh", 1, [](P x) { return downhill::sinh(x[0]); }},
      {"cosh", 1, [](P x) { return downhill::cosh(x[0]); }},
      {"tanh", 1, [](P x) { return downhill::tanh(x[0]); }},
      {"asinh", 1, [](P x) { return downhill::asinh(x[0]); }},
      {"acosh", 1, [](P x) { return downhill::acosh(x[0]); }},
      {"atanh", 1, [](P x) { return downhill::atanh(x[0]); }},
      {"erf", 1, [](P x) { return downhill::erf(x[0]); }},
      {"erfc", 1, [](P x) { return downhill::erfc(x[0]); }},
      {"lgamma", 1, [](P x) { return downhill::lgamma(x[0]); }},
      {"sign", 1, [](P x) { return downhill::sign(x[0]); }},
      {"floor", 1, [](P x) { return downhill::floor(x[0]); }},
      {"ceil", 1, [](P x) { return downhill::ceil(x[0]); }},
      {"round", 1, [](P x) { return downhill::round(x[0]); }},
      {"trunc", 1, [](P x) { return downhill::trunc(x[0]); }},
      {"abs", 1, [](P x) { return downhill::abs(x[0]); }},
      {"fabs", 1, [](P x) { return downhill::fabs(x[0]); }},
      {"sigmoid", 1, [](P x) { return sigmoid(x[0]); }},
      {"softplus", 1, [](P x) { return softplus(x[0]); }},
      {"log_sigmoid", 1, [](P x) { return log_sigmoid(x[0]); }},
      {"relu", 1, [](P x) { return relu(x[0]); }},
      {"gelu", 1, [](P x) { return gelu(x[0]); }},
      {"silu", 1, [](P x) { return silu(x[0]); }},
      {"leaky_relu", 1, [](P x) { return leaky_relu(x[0]); }},
      {"elu", 1, [](P x) { return elu(x[0]); }},
      {"pow", 2, [](P x) { return downhill::pow(x[0], x[1]); }},
      {"hypot", 2, [](P x) { return downhill::hypot(x[0], x[1]); }},
      {"logaddexp", 2, [](P x) { return logaddexp(x[0], x[1]); }},
      {"atan2", 2, [](P x) { return downhill::atan2(x[0], x[1]); }},
      {"fmod", 2, [](P x) { return downhill::fmod(x[0], x[1]); }},
      {"max", 2, [](P x) { return downhill::max(x[0], x[1]); }},
      {"min", 2, [](P x) { return downhill::min(x[0], x[1]); }},
      {"leaky_relu", 2, [](P x) { return leaky_relu(x[0], x[1]); }},
      {"elu", 2, [](P x) { return elu(x[0], x[1]); }},
      {"hypot", 3, [](P x) { return downhill::hypot(x[0], x[1], x[2]); }},
      {"clamp", 3, [](P x) { return downhill::clamp(x[0], x[1], x[2]); }},
      {"fma", 3, [](P x) { return downhill::fma(x[0], x[1], x[2]); }},
      {"max", 3, [](P x) { return downhill::max(downhill::max(x[0], x[1]), x[2]); }},
      {"min", 3, [](P x) { return downhill::min(downhill::min(x[0], x[1]), x[2]); }},
      {"sum", 3, [](P x) { return sum(std::span(x, 3)); }},
      {"mean", 3, [](P x) { return mean(std::span(x, 3)); }},
      {"norm", 3, [](P x) { return norm(std::span(x, 3)); }},
      {"log_sum_exp", 3, [](P x) { return log_sum_exp(std::span(x, 3)); }},
  };
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

TEST_CASE("operators bind as in mathematics") {
  CHECK(value_of("1 + 2*3 - 4/8") == 6.5);
  CHECK(value_of("8 - 3 - 2") == 3);
  CHECK(value_of("8/4/2") == 1);
  CHECK(value_of("2^3^2") == 512);
  CHECK(value_of("-x^2", {{"x", 3}}) == -9);
  CHECK(value_of("(-x)^2", {{"x", 3}}) == 9);
  CHECK(value_of("2^-1") == 0.5);
  CHECK(value_of("2^-x^2*4", {{"x", 1}}) == 2);
  CHECK(value_of("3*-2 - -1") == -5);
  CHECK(value_of("+3 - +-+2") == 5);
  CHECK(value_of("max(1, 5, 3) + min(4, 2, 9, 3) + sum(1, 2, 3, 4) + hypot(3, 4) + hypot(2, 3, 6)") == 29);
  CHECK(value_of("pi") == 3.14159265358979323846);
  CHECK(value_of("log(e)") == 1);
  CHECK(value_of(".5e1 + 1.e-1") == 5.1);
}

TEST_CASE("what people paste is read as it looks") {
  CHECK(value_of("2·x × 3 − y² ÷ 2", {{"x", 1}, {"y", 4}}) == -2);
  CHECK(value_of("-x² + 2^x²", {{"x", 2}}) == 12);
  CHECK(value_of("x²^3", {{"x", 2}}) == 64);
  CHECK(value_of("cos(π)\xC2\xA0+ x³", {{"x", 2}}) == 7);
  CHECK(value_of("θ₁ + θ₂*ä", {{"θ₁", 1}, {"θ₂", 2}, {"ä", 3}}) == 7);
}

TEST_CASE("the names of a formula are in the order in which they appear") {
  const Formula f = Formula::parse("tanh(w*x + b) - y + w");
  CHECK(f.names() == std::vector<std::string>{"w", "x", "b", "y"});
  CHECK(f.text() == "tanh(w*x + b) - y + w");
  CHECK(f.point({{"y", 4}, {"x", 2}, {"b", 3}, {"w", 1}}) == std::vector<double>{1, 2, 3, 4});
  CHECK(message_of([&] { f.point({{"w", 1}, {"b", 3}}); }) == "formula: no value for x, y; its names: w, x, b, y");
  CHECK(message_of([&] {
          f.point({{"w", 1}, {"bb", 3}});
        }) == "formula: it has no name 'bb'; did you mean b?; its names: w, x, b, y");
  CHECK(message_of([&] { f.point({{"w", 1}, {"w", 3}}); }) == "formula: two values for w; give one");
  CHECK_THROWS_AS(f.point({{"z", 1}}), OptionError);
  CHECK(message_of([&] {
          f(std::vector<double>{1, 2});
        }) == "formula: 2 values for 4 names (w, x, b, y); give one for each, in this order");
  CHECK_THROWS_AS(f(std::vector<double>(5)), ShapeError);
  CHECK(Formula::parse("1 + 1")(std::vector<double>{}) == 2);
}

TEST_CASE("every function has the value and the slopes that it has in C++") {
  using D = Dual<double, 3>;
  for (const Called<D>& row : functions<D>())
    for (const double at : {-1.25, -0.5, 0.25, 0.75, 1.5}) {
      const std::string operands[] = {"x", "x, y", "x, y, z"};
      const Formula f = Formula::parse(row.name + "(" + operands[row.operands - 1] + ")");
      std::vector<D> x;
      for (std::size_t i = 0; i < row.operands; ++i) x.push_back(D::variable(at + 0.5 * double(i), i));
      const D expected = row.call(x.data()), found = f(x);
      INFO(f.text() << " at " << at);
      CHECK(same_bits(found.value(), expected.value()));
      for (std::size_t i = 0; i < row.operands; ++i) CHECK(same_bits(found.tangent(i), expected.tangent(i)));
    }
}

TEST_CASE("a formula knows every function of calculus.hpp but select") {
  std::ifstream file(std::string(DOWNHILL_TEST_DATA) + "/../../autodiff/calculus.hpp");
  const std::string source(std::istreambuf_iterator<char>(file), {});
  const std::string before_name = "string_view name = \"";
  int functions = 0;
  for (std::size_t at = source.find(before_name); at != std::string::npos;
       at = source.find(before_name, at), ++functions) {
    at += before_name.size();
    const std::string name = source.substr(at, source.find('"', at) - at);
    const auto takes = [&](const char* operands) { return error_in(name + operands).empty(); };
    INFO(name);
    CHECK((takes("(x)") || takes("(x, y)") || takes("(x, y, z)")) == (name != "select" && name != "*" && name != "/"));
  }
  CHECK(functions > 50);
}

TEST_CASE("a formula is recorded as the same expression in C++ is") {
  struct Recorded {
    std::string table;
    double value;
    std::vector<double> gradient;
  };
  const auto recorded = [](const auto& f) {
    Tape<double> tape;
    const std::vector<Var<double>> v = tape.variables(std::array{0.5, 1.5, -0.25});
    const Var<double> result = f(v);
    const auto adjoints = tape.gradient(result).parameters();
    return Recorded{inspect::table(tape), result.value(), {adjoints.begin(), adjoints.end()}};
  };
  // C++ leaves open which operand comes first, so where both record the rows may change places.
  const auto compare = [&](std::string_view text, const auto& f, bool same_order = true) {
    INFO(text);
    const Recorded expected = recorded(f), found = recorded(Formula::parse(text));
    if (same_order) CHECK(found.table == expected.table);
    CHECK(count(found.table, "\n") == count(expected.table, "\n"));
    CHECK(count(found.table, "->") == count(expected.table, "->"));
    CHECK(found.value == expected.value);
    for (std::size_t i = 0; i < 3; ++i) CHECK(found.gradient[i] == Catch::Approx(expected.gradient[i]));
  };
  compare("tanh(w*x + b) - w", [](const auto& v) { return tanh(v[0] * v[1] + v[2]) - v[0]; });
  compare("100*(w - x^2)^2 - b", [](const auto& v) { return 100 * square(v[0] - square(v[1])) - v[2]; });
  compare("2^(2/w)*3 + x - b", [](const auto& v) { return pow(2, 2 / v[0]) * 3 + v[1] - v[2]; });
  compare("w*w*w/x + 1/3 + b", [](const auto& v) { return v[0] * v[0] * v[0] / v[1] + 1.0 / 3 + v[2]; });
  compare("clamp(w, -1, 1)*sum(x, b, 3)", [](const auto& v) {
    const auto clamped = clamp(v[0], -1.0, 1.0);
    return clamped * sum(std::vector<Var<double>>{v[1], v[2], 3});
  });
  compare("w + x*b", [](const auto& v) { return v[0] + v[1] * v[2]; });
  compare(
      "w^3 + 2*w - x^0.5 - cos(b)*-x + b",
      [](const auto& v) { return cube(v[0]) + 2 * v[0] - pow(v[1], 0.5) - cos(v[2]) * -v[1] + v[2]; }, false);
}

TEST_CASE("a power with a constant exponent has a slope where its base is negative") {
  const Formula f = Formula::parse("x^5 + x^2 + x^3 + x^-1");
  CHECK(gradient(f, std::vector{-2.0})[0] == 80 - 4 + 12 - 0.25);
  CHECK(jvp(f, std::vector{-2.0}, std::vector{1.0}).tangent == 80 - 4 + 12 - 0.25);
}

TEST_CASE("a formula goes wherever a function of a vector goes") {
  const Formula rosenbrock = Formula::parse("(1 - x)^2 + 100*(y - x^2)^2");
  const std::vector<double> start = rosenbrock.point({{"x", -1.2}, {"y", 1}});
  static_assert(TapeFunction<Formula> && TapeFunction<const Formula> && !TapeFunctionWithTape<Formula>);
  CHECK(rosenbrock(start) == Catch::Approx(24.2));
  CHECK(gradient(rosenbrock, start)[0] == Catch::Approx(-215.6));
  CHECK(gradient(rosenbrock, Eigen::Vector2d(-1.2, 1))[1] == Catch::Approx(-88));
  CHECK(gradient(rosenbrock, std::array{-1.2f, 1.0f})[1] == Catch::Approx(-88));
  CHECK(hessian(rosenbrock, start)(0, 0) == Catch::Approx(1330));
  CHECK(jacobian(rosenbrock, start)(0, 1) == Catch::Approx(-88));
  CHECK(hessian_vector_product(rosenbrock, start, std::vector{1.0, 0.0})[1] == Catch::Approx(480));
  CHECK(laplacian(rosenbrock, start) == Catch::Approx(1530));
  CHECK(check_gradient(rosenbrock, start).passed());
  const Result found = minimize(rosenbrock, start, Lbfgs{});
  CHECK(found.point[0] == Catch::Approx(1));
  CHECK(found.point[1] == Catch::Approx(1));
  CHECK(rosenbrock(std::span<const float>(std::array{1.0f, 2.0f})) == 100.0f);
  static_assert(std::is_same_v<decltype(rosenbrock(std::array{1.0f, 2.0f})), float>);
}

TEST_CASE("numbers do not depend on the locale") {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const double value = value_of("1.5*2");
  const std::string printed = understood("1.5*x");
  std::locale::global(before);
  CHECK(value == 3);
  CHECK(printed == "1.5*x");
}

TEST_CASE("an error names the place and what to do") {
  const std::vector<std::array<std::string, 2>> table{
      {"", "1:1: the formula is empty; type an expression such as tanh(w*x + b) - y"},
      {"  ", "1:1: the formula is empty; type an expression such as tanh(w*x + b) - y"},
      {"1 +", "1:4: the formula ends where a number, a name or ( should stand"},
      {"w*x + tahn(x)", "1:7: 'tahn' is no function; did you mean tanh?"},
      {"lob(x)", "1:1: 'lob' is no function; did you mean log?"},
      {"ln(x)", "1:1: 'ln' is no function; it is called log here"},
      {"frobnicate(x)", "1:1: 'frobnicate' is no function"},
      {"x + x(y)", "1:5: 'x' is no function; for a product write x*(...)"},
      {"pi(2)", "1:1: 'pi' is no function; for a product write pi*(...)"},
      {"2x", "1:2: an operator is missing before 'x'; for a product write 2*x"},
      {"1 + 2 (x)", "1:7: an operator is missing before '('; for a product write 2*("},
      {"(x)(y)", "1:4: an operator is missing before '('; a product needs *"},
      {"x 2.5", "1:3: an operator is missing before '2.5'; for a product write x*2.5"},
      {"2e", "1:2: an operator is missing before 'e'; for a product write 2*e"},
      {"sin x", "1:1: sin is a function; write sin(...), or another name"},
      {"sin()", "1:5: ')' where a number, a name or ( should stand"},
      {"sin(x, y)", "1:1: sin takes 1 operand, not 2"},
      {"max(x)", "1:1: max takes 2 operands or more, not 1"},
      {"hypot(1, 2, 3, 4)", "1:1: hypot takes 2 or 3 operands, not 4"},
      {"elu(1, 2, 3)", "1:1: elu takes 1 or 2 operands, not 3"},
      {"clamp(x)", "1:1: clamp takes 3 operands, not 1"},
      {"(1, 2)", "1:3: a comma stands only between the operands of a function; decimals are written with a point"},
      {"1,5", "1:2: a comma stands only between the operands of a function; decimals are written with a point"},
      {"2*(x + (y)", "1:3: this ( is never closed; put ) where it ends"},
      {"sin(x", "1:4: this ( is never closed; put ) where it ends"},
      {"x)", "1:2: this ) closes nothing; remove it, or put ( where it belongs"},
      {"x**2", "1:2: ** is no operator; write ^ for a power"},
      {"x*/2", "1:3: '/' where a number, a name or ( should stand"},
      {"1e999", "1:1: '1e999' is too large, or too small, for a double"},
      {"x + 1e-999", "1:5: '1e-999' is too large, or too small, for a double"},
      {"y = x",
       "1:3: '=' has no meaning here; a formula is one expression: to solve a = b, look for the zeros of a - b"},
      {"x < 1", "1:3: '<' has no meaning here; a comparison has no slope: max, min, clamp and relu choose"},
      {"[x]", "1:1: '[' has no meaning here; write ( and )"},
      {"x.", "1:2: '.' has no meaning here; a number has a digit next to its point"},
      {"θ² + €", "1:6: '€' has no meaning here"},
      {"x + \xFF", "1:5: the byte \\xFF has no meaning here"},
      {"x\xE2\x80\x8B", "1:2: U+200B has no meaning here"},
      {std::string("x\0", 2), "1:2: U+0000 has no meaning here"},
      {"1 +\r\n  y $", "2:5: '$' has no meaning here"},
  };
  for (const auto& [text, message] : table) {
    INFO(text);
    CHECK(error_in(text) == "formula:" + message);
  }
}

TEST_CASE("an error shows the line of the formula with a mark below the place") {
  const FormulaError error = caught("1 +\nθ*tahn(x)\n+ 2");
  CHECK(error.line == 2);
  CHECK(error.column == 3);
  CHECK(error.excerpt == "θ*tahn(x)\n  ^~~~");
  CHECK(caught("(1 +\t2").excerpt == "(1 + 2\n^");
  CHECK(caught("1 +").excerpt == "1 +\n   ^");
  CHECK(caught("1 + ").excerpt == "1 + \n    ^");
  CHECK(caught("").excerpt == "\n^");
  const std::string terms = [] {
    std::string sum = "a";
    for (int i = 0; i < 100; ++i) sum += "+a";
    return sum;
  }();
  CHECK(caught(terms + "$" + terms).excerpt == terms.substr(0, 60).replace(0, 0, "").substr(0, 59).insert(0, "+") +
                                                   "$" + terms.substr(0, 20) + "\n" + std::string(60, ' ') + "^");
}

TEST_CASE("texts that are too long, too deep or all of one kind end in a message, not in a crash") {
  const auto repeated = [](std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
  };
  CHECK(error_in(repeated("x", 65'537)) == "formula:1:1: 65537 bytes of text; a formula has at most 65536");
  CHECK(error_in(repeated("(", 65'536)) ==
        "formula:1:1001: more than 1000 operations and parentheses are open here; compute a part of the formula on its "
        "own");
  for (const char* const piece : {"-", "x^", "sin(", "x-(", "2^-", "max(1,"})
    CHECK_THAT(error_in(repeated(piece, 10'000)), Catch::Matchers::ContainsSubstring("more than 1000"));
  CHECK(Formula::parse(repeated("+", 65'535) + "1")(std::vector<double>{}) == 1);
  CHECK(Formula::parse(repeated("(", 1000) + "1" + repeated(")", 1000))(std::vector<double>{}) == 1);
  CHECK(Formula::parse("0" + repeated("+x", 32'000))(std::vector{1.0}) == 32'000);
  CHECK(Formula::parse("sum(x" + repeated(",x", 32'000) + ")")(std::vector{1.0}) == 32'001);
  CHECK(Formula::parse("max(x" + repeated(",x", 32'000) + ")")(std::vector{1.0}) == 1);
  CHECK(understood("max(x" + repeated(", x", 20'000) + ")").size() == 60'006);
  CHECK(Formula::parse("x" + repeated("²", 20'000))(std::vector{1.0}) == 1);
  CHECK(Formula::parse(repeated("x", 65'536)).names()[0].size() == 65'536);
  CHECK(error_in(repeated("x", 60'000) + "(").size() < 100);
  std::string names = "0";
  for (int i = 0; i < 9'000; ++i) names += "+x" + std::to_string(i);
  CHECK(Formula::parse(names).names().size() == 9'000);
}

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
