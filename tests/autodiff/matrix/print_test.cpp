#include <autodiff/matrix/print.hpp>

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/catch.hpp"

using namespace downhill;

TEST_CASE("a matrix prints row by row, in fmt and in streams, with the format of its numbers") {
  Tape<double> tape;
  const auto m = parameters(tape, std::vector<double>{1, -2.5, 3, 4}, 2, 2);
  CHECK(fmt::format("{}", m * 1.0) == fmt::format("[[{}, {}],\n [{}, {}]]", 1.0, -2.5, 3.0, 4.0));
  CHECK(fmt::format("{:.2f}", m.transpose()) == "[[1.00, 3.00],\n [-2.50, 4.00]]");
  std::ostringstream out;
  out << m;
  CHECK(out.str() == "[[1, -2.5],\n [3, 4]]");
  CHECK(fmt::format("{}", m.block(0, 0, 0, 2)) == "[]");
  CHECK(fmt::format("{:.1f}", VarMatrix<float>(Eigen::RowVector2f(0.5F, 2))) == "[[0.5, 2.0]]");
}
