#include <autodiff/tape/last_uses.hpp>

#include <string>

#include <fmt/format.h>

#include <support/catch.hpp>

using namespace downhill;

namespace {

// "first+count by user", and * where it is large and has one user.
std::string text(std::span<const LastUses::Part> parts) {
  std::string all;
  for (const auto& part : parts)
    all += fmt::format("{}{}+{} by {}{}", all.empty() ? "" : ", ", part.run.first, part.run.count, part.user,
                       part.is_large_and_sole ? "*" : "");
  return all;
}

}  // namespace

TEST_CASE("parameters are done with in the order of a sweep, and what nobody uses at the end") {
  LastUses uses;
  uses.add({0, 3}, 1);
  uses.add({5, 2}, 3);
  uses.add({7, 1}, 3);
  CHECK(text(uses.in_order(10)) == "5+3 by 3, 0+3 by 1, 3+2 by 0, 8+2 by 0");
  uses.clear();
  CHECK(text(uses.in_order(4)) == "0+4 by 0");
  CHECK(text(uses.in_order(0)).empty());
}

TEST_CASE("runs that overlap are done with at the first user of any of them") {
  LastUses uses;
  uses.add({2, 4}, 9);
  uses.add({5, 3}, 5);
  uses.add({3, 1}, 7);
  uses.add({0, 0}, 1);   // of an empty matrix
  uses.add({8, 9}, 11);  // goes on behind the parameters
  CHECK(text(uses.in_order(10)) == "8+2 by 11, 2+6 by 5, 0+2 by 0");
}

TEST_CASE("a large run with one user is a part of its own, and scalars side by side are one run") {
  constexpr std::size_t large = LastUses::large;
  LastUses uses;
  uses.add({0, large}, 1);
  uses.add({large, 5}, 1);
  for (std::size_t i = 0; i < 10; ++i) uses.add({large + 5 + i, 1}, 1);
  CHECK(text(uses.in_order(large + 15)) == fmt::format("0+{} by 1*, {}+15 by 1", large, large));
  uses.add({3, 1}, 2);
  CHECK(text(uses.in_order(large + 15)) == fmt::format("0+{} by 1", large + 15));
}
