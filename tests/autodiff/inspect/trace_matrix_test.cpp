#include "support/catch.hpp"

#include <vector>

#include <autodiff/autodiff.hpp>

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
  CHECK(record.value(product.slot + 3 * 1 + 2) == (data * Eigen::MatrixXd(w.value()))(1, 2));
  const auto found = inspect::why(record, "W", 1000);
  CHECK(found.paths == 4);
  CHECK(std::abs(found.rest()) < 1e-15);
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
