#include <autodiff/inspect/trace/autopsy.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/calculus/rules.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/trace/causes.hpp>

using namespace downhill;
using inspect::Autopsy;
using inspect::Record;
using inspect::Trace;
using Real = Var<double>;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Case {
  std::function<Real(const Real&, const Real&)> expression;
  double x, y;
  std::string label, cause;
};

Record traced(const Case& one) {
  Tape<double> tape;
  Trace trace(tape);
  const Real x = tape.variable(one.x, "x"), y = tape.variable(one.y, "y");
  return trace.of(one.expression(x, y));
}

}  // namespace

TEST_CASE("the first value that is not finite is found with its operation and what causes it", "[autopsy]") {
  const std::vector<Case> cases{
      {[](auto& x, auto&) { return log(x * 2.0) + 1.0; }, 0, 0, "log", "use log_softmax"},
      {[](auto& x, auto&) { return log10(x - 1.0); }, 0, 0, "log10", "negative"},
      {[](auto& x, auto&) { return log1p(x - 1.0); }, -1, 0, "log1p", "positive"},
      {[](auto& x, auto& y) { return exp(x / y); }, 1, 0, "/", "add a small constant"},
      {[](auto& x, auto& y) { return x / y; }, 0, 0, "/", "0 / 0"},
      {[](auto& x, auto& y) { return x / y; }, 1e300, 1e-300, "/", "overflows"},
      {[](auto& x, auto&) { return reciprocal(x); }, 0, 0, "reciprocal", "division by 0"},
      {[](auto& x, auto& y) { return sqrt(x - y); }, 1, 2, "sqrt", "max(x, 0)"},
      {[](auto& x, auto&) { return log(exp(x)); }, 1000, 0, "exp", "709.8"},
      {[](auto& x, auto&) { return cosh(x); }, 1000, 0, "cosh", "overflows"},
      {[](auto& x, auto& y) { return pow(x, y); }, -2, 0.5, "pow", "negative base"},
      {[](auto& x, auto& y) { return pow(x, y); }, 0, -1, "pow", "0 to a negative power"},
      {[](auto& x, auto& y) { return pow(x, y); }, 1e200, 2, "pow", "without bound"},
      {[](auto& x, auto&) { return asin(x); }, 1.0000001, 0, "asin", "clamp"},
      {[](auto& x, auto&) { return acos(x); }, -2, 0, "acos", "clamp"},
      {[](auto& x, auto&) { return acosh(x); }, 0.5, 0, "acosh", "max(x, 1)"},
      {[](auto& x, auto&) { return atanh(x); }, 1, 0, "atanh", "tanh that rounded to 1"},
      {[](auto& x, auto&) { return atanh(x); }, 2, 0, "atanh", "clamp"},
      {[](auto& x, auto&) { return square(x); }, 1e200, 0, "square", "learning rate"},
      {[](auto& x, auto& y) { return x * y; }, 1e200, 1e200, "*", "learning rate"},
      {[](auto& x, auto&) { return x * infinity; }, 1, 0, "*", "plain number"},
      {[](auto& x, auto&) { return custom(infinity, {{x, 1.0}}); }, 1, 0, "custom", "custom"},
      {[](auto& x, auto&) { return fuse([](auto a) { return log(a); })(x); }, 0, 0, "fuse", "without fuse"},
      {[](auto& x, auto&) { return recompute([](auto a) { return log(a); })(x); }, 0, 0, "recompute", "without"},
      {[](auto& x, auto&) { return x * 2.0; }, infinity, 0, "variable", "learning rate is too large"},
  };
  for (const Case& one : cases) {
    const Record record = traced(one);
    const Autopsy found = autopsy(record);
    INFO(one.label << ", " << one.cause);
    REQUIRE(found.value);
    CHECK(record.steps[found.value->step].label == one.label);
    CHECK_THAT(found.value->cause, Catch::Matchers::ContainsSubstring(one.cause));
    CHECK(!std::isfinite(found.value->number));
    CHECK_THAT(report(record, found), Catch::Matchers::ContainsSubstring("the first value that is not finite"));
    for (const std::size_t before : found.value->slice)
      if (before != found.value->step) CHECK(std::isfinite(record.steps[before].values[0]));
  }
}

TEST_CASE("where a rule of the list has no value, or an infinite slope, the autopsy says why", "[autopsy]") {
  const auto causes = []<class Rule>(std::type_identity<Rule>, double at) {
    Tape<double> tape;
    Trace trace(tape);
    const Record record = trace.of(apply<Rule>(tape.variable(at, "x")));
    const Autopsy found = autopsy(record);
    return found.value ? found.value->cause : found.adjoint ? found.adjoint->cause : std::string();
  };
  RulesOfArity<1>::for_each([&]<class Rule>(std::type_identity<Rule> rule) {
    for (const double at : {-3.0, -1.5, -1.0, 0.0, 1.0, 1.5}) {
      const double value = apply<Rule>(at);
      const std::string cause = causes(rule, at);
      INFO(Rule::name << " of " << at << ": " << cause);
      CHECK(cause.empty() == (domain_of<Rule>(0).contains(at) && std::isfinite(Rule::slope(at, value))));
      for (const char* const unknown : {"has no value there", "without bound", "slope of this step is not finite"})
        CHECK(cause.find(unknown) == std::string::npos);
    }
  });
}

TEST_CASE("an element of a block comes from one element of its operand where the block is a rule of numbers",
          "[autopsy]") {
  const auto from = [](std::string_view label) {
    inspect::RecordedStep step;
    step.label = label;
    step.operands.resize(1);
    step.operands[0].slot = 0;
    step.count = step.operands[0].count = 4;
    step.shape = step.operands[0].shape = {2, 2};
    return inspect::element_of(step, step.operands[0], 3);
  };
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    INFO(Rule::name);
    CHECK((from(Rule::name) == 3) == (arity_of<Rule> != any_number));
  });
  for (const std::string_view label : {"product", "softmax", "inverse", "solve", "cholesky", "custom"}) {
    INFO(label);
    CHECK(from(label) == inspect::nowhere);
  }
}

TEST_CASE("differences of infinities and 0 times infinity point to what overflowed before", "[autopsy]") {
  Tape<double> tape;
  Trace trace(tape);
  const Real x = tape.variable(1000, "x"), big = exp(x);
  const Record record = trace.of(big - big);
  CHECK(record.steps[autopsy(record).value->step].label == "exp");
  CHECK_THAT(inspect::cause_of_value(record, record.steps.back(), 0),
             Catch::Matchers::ContainsSubstring("infinity - infinity"));
  const Record product = trace.of(big * (x - 1000.0));
  CHECK_THAT(inspect::cause_of_value(product, product.steps.back(), 0),
             Catch::Matchers::ContainsSubstring("0 times infinity"));
}

TEST_CASE("the first adjoint that is not finite is found where all values are", "[autopsy]") {
  const std::vector<Case> cases{
      {[](auto& x, auto& y) { return sqrt(x * y) * 3.0; }, 0, 1, "sqrt", "hypot or norm"},
      {[](auto& x, auto&) { return cbrt(x); }, 0, 0, "cbrt", "infinite slope at 0"},
      {[](auto& x, auto& y) { return pow(x, y); }, 0, 0.5, "pow", "below 1"},
      {[](auto& x, auto& y) { return pow(x, y); }, -2, 2, "pow", "plain number"},
      {[](auto& x, auto&) { return asin(x); }, 1, 0, "asin", "stay inside"},
      {[](auto& x, auto&) { return acosh(x); }, 1, 0, "acosh", "above it"},
      {[](auto& x, auto& y) { return atan2(x, y); }, 0, 0, "atan2", "atan2(0, 0)"},
  };
  for (const Case& one : cases) {
    const Record record = traced(one);
    const Autopsy found = autopsy(record);
    INFO(one.label << ", " << one.cause);
    CHECK(!found.value);
    REQUIRE(found.adjoint);
    CHECK(record.steps[found.adjoint->step].label == one.label);
    CHECK_THAT(found.adjoint->cause, Catch::Matchers::ContainsSubstring(one.cause));
    CHECK_THAT(report(record, found), Catch::Matchers::ContainsSubstring("the slope"));
  }
}

TEST_CASE("adjoints that explode along a chain are found where they overflow", "[autopsy]") {
  Tape<double> tape;
  Trace trace(tape);
  Real x = tape.variable(0, "x"), y = x;
  for (int i = 0; i < 400; ++i) y = y * 10.0;
  const Record record = trace.of(y);
  const Autopsy found = autopsy(record);
  CHECK(!found.value);
  REQUIRE(found.adjoint);
  CHECK(found.adjoint->number == infinity);
  CHECK(record.steps[found.adjoint->step].adjoints[0] > 1e307);
  CHECK_THAT(found.adjoint->cause, Catch::Matchers::ContainsSubstring("gradients explode"));
}

TEST_CASE("an infinite slope that nothing flows along is no finding", "[autopsy]") {
  Tape<double> tape;
  Trace trace(tape);
  const Real x = tape.variable(0), y = select(x > 0.0, sqrt(x), x);
  const Record record = trace.of(y + x);
  const Autopsy found = autopsy(record);
  CHECK(!found.value);
  CHECK(!found.adjoint);
  CHECK(report(record, found) == "all values are finite\nall adjoints are finite\n");
}

TEST_CASE("the slice holds what the step depends on and nothing else", "[autopsy]") {
  Tape<double> tape;
  Trace trace(tape);
  const Real a = tape.variable(1, "a"), b = tape.variable(2, "b"), c = tape.variable(-1, "c");
  const Real used = a * 2.0, unused = sin(b);
  const Real late = tape.variable(1, "late");
  const Real bad = log(used * c * late);
  const Record record = trace.of(bad + unused);
  const Autopsy found = autopsy(record);
  std::vector<std::size_t> slots;
  for (const std::size_t i : found.value->slice) slots.push_back(record.steps[i].slot);
  CHECK(slots == std::vector<std::size_t>{a.slot(), c.slot(), late.slot(), used.slot(), bad.slot() - 2, bad.slot() - 1,
                                          bad.slot()});
}

TEST_CASE("without a trace, the adjoints are examined, and the report says what is missing", "[autopsy]") {
  Tape<double> tape;
  const Real x = tape.variable(0, "x"), y = x * 1.0, z = sqrt(y) + 1.0;
  const Record record = inspect::record_of(tape, z);
  const Autopsy found = autopsy(record);
  CHECK(!found.knows_values);
  CHECK(!found.value);
  REQUIRE(found.adjoint);
  CHECK(found.adjoint->number == infinity);
  CHECK_THAT(report(record, found), Catch::Matchers::ContainsSubstring("record again with an inspect::Trace"));
}

TEST_CASE("a parameter that is not finite is found without a trace", "[autopsy]") {
  Tape<float> tape;
  const Var<float> x = tape.variable(std::numeric_limits<float>::quiet_NaN(), "x"), y = x * 2.0F;
  const Record record = inspect::record_of(tape, y);
  CHECK(record.steps[autopsy(record).value->step].name == "x");
}

namespace {

using Matrix = VarMatrix<double>;

struct MatrixCase {
  std::function<Real(const Matrix&)> expression;
  std::vector<double> values;  // 2 x 2
  std::string label, element, cause;
};

Record traced(const MatrixCase& one) {
  Tape<double> tape;
  Trace trace(tape);
  return trace.of(one.expression(parameters<double>(tape, one.values, 2, 2, "W")));
}
Matrix constant(double a, double b, double c, double d) {
  Eigen::Matrix2d m;
  m << a, b, c, d;
  return Matrix(m);
}

}  // namespace

TEST_CASE("of a matrix the element is named, and the cause is that of the element", "[autopsy]") {
  const std::vector<MatrixCase> cases{
      {[](auto& w) { return mean(-log(softmax(500 * w))); }, {1, 1, 1, 3}, "log", "row 1, column 0", "log of 0"},
      {[](auto& w) {
         const auto centred = w - mean_of_columns(w);
         return sum(centred / sqrt(mean_of_columns(square(centred))));
       },
       {1, 2, 3, 2},
       "/",
       "row 0, column 1",
       "0 / 0"},
      {[](auto& w) { return sum(w / w.row(1)); }, {1, 2, 3, 0}, "/", "row 0, column 1", "division by 0"},
      {[](auto& w) { return sum(3.0 / w); }, {1, 2, 3, 0}, "/", "row 1, column 1", "division by 0"},
      {[](auto& w) { return sum(sqrt(w)); }, {1, 0, -3, 4}, "sqrt", "row 1, column 0", "sqrt of a negative"},
      {[](auto& w) { return sum(log(w)); }, {1, 2, -3, 4}, "log", "row 1, column 0", "log of a negative"},
      {[](auto& w) { return sum(exp(w)); }, {1, 800, 3, 4}, "exp", "row 0, column 1", "709.8"},
      {[](auto& w) { return sum(pow(w, 0.5)); }, {1, 2, 3, -4}, "pow", "row 1, column 1", "negative base"},
      {[](auto& w) { return sum(pow(w, -1.5)); }, {1, 0, 3, 4}, "pow", "row 0, column 1", "0 to a negative power"},
      {[](auto& w) { return sum(asin(w)); }, {1, 0, 2, 0}, "asin", "row 1, column 0", "clamp"},
      {[](auto& w) { return sum(square(softmax(w + constant(0, 0, -infinity, -infinity)))); },
       {1, 2, 3, 4},
       "softmax",
       "row 1, column 0",
       "every number of the row is -infinity"},
      {[](auto& w) { return sum(square(softmax(w + constant(0, 0, infinity, 0)))); },
       {1, 2, 3, 4},
       "softmax",
       "row 1, column 0",
       "+infinity in the row"},
      {[](auto& w) { return sum(w * constant(1, infinity, 1, 1)); },
       {1, 2, 3, 4},
       "*",
       "row 0, column 1",
       "constant matrix that went in is not finite: inf in row 0, column 1"},
      {[](auto& w) { return mean_squared_error(w, constant(0, 0, 0, 0)); },
       {1, 1e200, 1, 1},
       "mean_squared_error",
       "",
       "the square of a difference overflows"},
      {[](auto& w) { return mean_squared_error(w, constant(0, NAN, 0, 0)); },
       {1, 2, 1, 1},
       "mean_squared_error",
       "",
       "nan in row 0, column 1"},
  };
  for (const MatrixCase& one : cases) {
    const Record record = traced(one);
    const Autopsy found = autopsy(record);
    const std::string text = report(record, found);
    INFO(one.label << ", " << one.cause << "\n" << text);
    REQUIRE(found.value);
    CHECK(record.steps[found.value->step].label == one.label);
    CHECK_THAT(found.value->cause, Catch::Matchers::ContainsSubstring(one.cause));
    CHECK_THAT(text.substr(0, text.find('\n')), Catch::Matchers::ContainsSubstring(one.element));
  }
}

TEST_CASE("of a matrix the first adjoint that is not finite has the cause of its element", "[autopsy]") {
  const std::vector<MatrixCase> cases{
      {[](auto& w) { return sum(sqrt(w)); }, {1, 2, 0, 4}, "sqrt", "row 1, column 0", "infinite slope at 0"},
      {[](auto& w) { return sum(cbrt(w)); }, {1, 0, 2, 4}, "cbrt", "row 0, column 1", "infinite slope at 0"},
      {[](auto& w) { return sum(asin(w)); }, {0, 0, 0, 1}, "asin", "row 1, column 1", "stay inside"},
      {[](auto& w) { return sum(sqrt(sum_of_rows(square(w)))); }, {1, 2, 0, 0}, "sqrt", "row 1, column 0", "norm"},
  };
  for (const MatrixCase& one : cases) {
    const Record record = traced(one);
    const Autopsy found = autopsy(record);
    const std::string text = report(record, found);
    INFO(text);
    CHECK(!found.value);
    REQUIRE(found.adjoint);
    CHECK(record.steps[found.adjoint->step].label == one.label);
    CHECK_THAT(found.adjoint->cause, Catch::Matchers::ContainsSubstring(one.cause));
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring(one.element));
  }
}

TEST_CASE("a mask of -infinity is no finding while all that comes of it is finite", "[autopsy]") {
  const auto mask = constant(0, -infinity, 0, 0);
  const Record healthy =
      traced(MatrixCase{[&](auto& w) { return sum(square(product(softmax(product(w, w.transpose()) / 2 + mask), w))); },
                        {1, 2, 3, 4},
                        "",
                        "",
                        ""});
  const Autopsy none = autopsy(healthy);
  INFO(report(healthy, none));
  CHECK(!none.value);
  CHECK(!none.adjoint);
  CHECK_THAT(report(healthy, none), Catch::Matchers::ContainsSubstring("infinities that were given as constants"));

  const Record later = traced(MatrixCase{
      [&](auto& w) { return sum(square(softmax(w + mask))) + log(0.0 * w(0, 0)); }, {1, 2, 3, 4}, "", "", ""});
  REQUIRE(autopsy(later).value);
  CHECK(later.steps[autopsy(later).value->step].label == "log");
}
