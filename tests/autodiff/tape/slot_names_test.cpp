#include <autodiff/tape/slot_names.hpp>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using downhill::SlotNames;

TEST_CASE("the newest name of a slot counts, until a rewind takes it back") {
  SlotNames names;
  CHECK(names.of(0).empty());
  names.add(3, "w");
  names.add(7, "x");
  CHECK(names.of(3) == "w");
  names.add(3, "weight");
  names.add(3, "the weight");
  CHECK(names.of(3) == "the weight");
  names.rewind(3);
  CHECK(names.of(3) == "weight");
  names.rewind(2);
  CHECK(names.of(3) == "w");
  CHECK(names.of(7) == "x");
  names.rewind(0);
  CHECK(names.of(3).empty());
  CHECK(names.size() == 0);
}

TEST_CASE("names are found as a search from the newest to the oldest finds them") {
  std::mt19937 random(12);
  SlotNames names;
  std::vector<std::pair<std::size_t, std::string>> all;
  for (int i = 0; i < 4000; ++i) {
    const std::size_t slot = random() % 20;
    if (const auto choice = random() % 8; choice == 0 && !all.empty()) {
      all.resize(random() % (all.size() + 1));
      names.rewind(all.size());
    } else if (choice < 4) {
      all.emplace_back(slot, std::to_string(i));
      names.add(slot, all.back().second);
    } else {
      std::string expected;
      for (const auto& [named, name] : all)
        if (named == slot) expected = name;
      CHECK(names.of(slot) == expected);
    }
    REQUIRE(names.size() == all.size());
  }
}
