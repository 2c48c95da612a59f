#include "support/catch.hpp"

#include <limits>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>

using namespace downhill;
using inspect::Record;
using inspect::Trace;

TEST_CASE("matrix operations are blocks with shapes, values and names, and elements on request", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = parameters<double>(tape, std::vector{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, 2, 3, "W");
  Eigen::MatrixXd data(4, 2);
  data << 1, 2, 3, 4, 5, 6, 7, 8;
  const VarMatrix<double> x(data), h = tanh(product(x, w));
  const Var<double> loss = mean(square(h)) + 0.5 * square(h(0, 1));
  const Record record = trace.of(loss);
  const Gradient<double> gradient = tape.gradient(loss);
  for (const inspect::RecordedStep& step : record.steps) {
    REQUIRE(step.values.size() == step.count);
    CHECK(step.kind != inspect::RecordedStep::Kind::untraced);
    for (std::size_t i = 0; i < step.count; ++i) CHECK(step.adjoints[i] == gradient.adjoints()[step.slot + i]);
  }
  const inspect::RecordedStep& parameters = record.steps[0];
  CHECK(parameters.name == "W");
  CHECK(parameters.count == 6);
  CHECK(parameters.shape.rows == 2);
  const inspect::RecordedStep& product = record.steps[1];
  CHECK(product.label == "product");
  CHECK(product.shape.columns == 3);
  REQUIRE(product.operands.size() == 2);
  CHECK(product.operands[0].is_plain());
  CHECK(product.operands[0].values == std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(product.operands[1].name == "W");
  CHECK(record.value(product.slot + 3 * 1 + 2) == (data * Eigen::MatrixXd(w.value()))(1, 2));
  const auto found = inspect::why(record, "W", 1000);
  CHECK(found.paths == 4);
  CHECK(std::abs(found.rest()) < 1e-15);
}

TEST_CASE("constants that go into a block are its operands, in their place, without repetitions", "[trace]") {
  Tape<float> tape;
  Trace trace(tape);
  const auto w = parameters<float>(tape, std::vector{1.0f, 2.0f, 3.0f, 4.0f}, 2, 2, "W");
  const VarMatrix<float> row(Eigen::RowVector2f(5, 6)), both(Eigen::Matrix2f::Ones()), none(Eigen::MatrixXf(0, 2));
  const auto step_of = [&](const VarMatrix<float>& m) { return trace.of(sum(m)).steps.at(1); };
  const auto of_constant = [](const inspect::RecordedStep& step, std::size_t k, std::size_t rows, std::size_t columns,
                              const std::vector<double>& values) {
    const inspect::Operand& operand = step.operands.at(k);
    CHECK((operand.is_plain() && operand.step == inspect::nowhere && !operand.value && !operand.slope));
    CHECK((operand.count == values.size() && operand.values == values));
    CHECK((operand.shape.rows == rows && operand.shape.columns == columns));
  };
  of_constant(step_of(row - w), 0, 1, 2, {5, 6});
  of_constant(step_of(w * row), 1, 1, 2, {5, 6});
  of_constant(step_of(affine(both, w, row)), 0, 2, 2, {1, 1, 1, 1});
  of_constant(step_of(affine(both, w, row)), 2, 1, 2, {5, 6});
  of_constant(step_of(product(w, both.transpose())), 1, 2, 2, {1, 1, 1, 1});
  of_constant(step_of(concatenate_rows<float>({row, w})), 0, 1, 2, {5, 6});
  of_constant(step_of(concatenate_rows<float>({w, none, row})), 1, 0, 2, {});
  const auto bias = parameters<float>(tape, std::vector{1.0f, 2.0f}, 1, 2, "b");
  CHECK(trace.of(sum(w + bias)).steps.at(2).operands.at(1).shape.rows == 1);
  const inspect::RecordedStep scaled = step_of(w * 3);
  CHECK((scaled.operands.at(1).is_plain() && scaled.operands.at(1).value == 3.0));
  CHECK_THAT(inspect::table(trace.of(sum(w * row))),
             Catch::Matchers::ContainsSubstring("W [2 x 2]   constant [1 x 2]"));
  CHECK_THAT(inspect::dot(trace.of(sum(w * row))), Catch::Matchers::ContainsSubstring("constant [1 x 2] mean 5.5"));
}

TEST_CASE("data that are not finite are found in the matrix that brought them", "[trace][autopsy]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = parameters<double>(tape, std::vector{1.0, 2.0}, 2, 1, "W");
  Eigen::MatrixXd data = Eigen::MatrixXd::Ones(3, 2);
  data(1, 0) = std::numeric_limits<double>::quiet_NaN();
  const Record record = trace.of(sum(product(VarMatrix<double>(data), w)));
  const inspect::Autopsy found = inspect::autopsy(record);
  REQUIRE(found.value);
  CHECK(found.value->element == 1);
  CHECK(found.value->cause == "a constant matrix that went in is not finite: nan in row 1, column 0; look at the data");
  CHECK_THAT(report(record, found), Catch::Matchers::ContainsSubstring("product of constant [3 x 2] mean 1"));
}

TEST_CASE("heard Vars go into matrix operations, and elements of matrices are heard", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const Var<double> scale = tape.variable(3, "scale");
  const auto w = parameters<double>(tape, std::vector{1.0, 2.0}, 1, 2, "W");
  const VarMatrix<double> scaled = w * scale;
  const Var<double> y = scaled(0, 0) * scaled(0, 1);
  const Record record = trace.of(y);
  CHECK(record.steps.back().label == "*");
  CHECK(record.steps.back().operands[0].value == 3.0);
  CHECK(record.adjoint(scale.slot()) == 12);
}
