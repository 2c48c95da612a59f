#include <autodiff/text/counted.hpp>

#include <support/catch.hpp>

using namespace downhill;

TEST_CASE("one thing is a thing, and none or several are things") {
  CHECK(counted(0, "step") == "0 steps");
  CHECK(counted(1, "step") == "1 step");
  CHECK(counted(2, "step") == "2 steps");
}
