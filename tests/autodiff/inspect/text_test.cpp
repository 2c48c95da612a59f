#include <autodiff/inspect/text.hpp>

#include "support/catch.hpp"

#include <limits>
#include <vector>

using namespace downhill;
using namespace downhill::inspect;

TEST_CASE("numbers are written with six digits, and many as a summary", "[text]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  CHECK(short_text(1.0 / 3) == "0.333333");
  CHECK(short_text(-nan) == "nan");
  CHECK(short_text(-infinity) == "-inf");
  CHECK(summary({}) == "?");
  CHECK(summary(std::vector{2.5}) == "2.5");
  CHECK(summary(std::vector{1.0, 2.0, 6.0}) == "[3] mean 3, 1 to 6");
  CHECK(summary(std::vector{1.0, nan, 3.0, infinity}, {2, 2}) == "[2 x 2] mean 2, 1 to 3, 2 not finite");
  CHECK(summary(std::vector{nan, nan}) == "[2], 2 not finite");
}

TEST_CASE("operands are called by their names, their slots or their number", "[text]") {
  Operand operand;
  operand.value = 2.5;
  CHECK(operand_text(operand) == "2.5");
  operand.slot = 4;
  CHECK(operand_text(operand) == "slot 4");
  operand.count = 3;
  CHECK(operand_text(operand) == "slots 4 to 6");
  operand.name = "weights";
  CHECK(operand_text(operand) == "weights");
}

TEST_CASE("a place is a file without its folder, a line and a scope", "[text]") {
  CHECK(source_text({}) == "");
  CHECK(source_text({"/home/me/main.cpp", "main", "", 12}) == "main.cpp:12");
  CHECK(source_text({"main.cpp", "main", "the penalty", 12}) == "main.cpp:12 the penalty");
}
