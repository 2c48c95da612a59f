#pragma once
// The names that structs of a source file give themselves. A list of types is complete if it has all of them: what is
// written but not listed would otherwise be missing wherever the list is used, and nobody would notice.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace downhill::test {

inline std::string source_text(const std::string& path) {
  std::ifstream file(std::string(DOWNHILL_TEST_DATA "/../../") + path);
  INFO(path);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Of `static constexpr std::string_view name = "Adam";` and the like.
inline std::vector<std::string> named_structs(const std::string& path) {
  const std::string text = source_text(path);
  const std::regex declaration("static constexpr std::string_view name =([^;]*);"), quoted("\"([^\"]*)\"");
  std::vector<std::string> names;
  for (std::sregex_iterator each(text.begin(), text.end(), declaration), end; each != end; ++each) {
    const std::string value = (*each)[1];
    for (std::sregex_iterator name(value.begin(), value.end(), quoted); name != end; ++name)
      names.push_back((*name)[1]);
  }
  return names;
}

/// Checks that a list has all the names in a file, of which there are some.
inline void check_listed(const std::string& path, std::string_view list, const auto& listed) {
  const std::vector<std::string> names = named_structs(path);
  INFO("in " << path);
  CHECK(!names.empty());
  for (const std::string& name : names) {
    INFO("'" << name << "' is missing in the list " << list);
    CHECK(std::ranges::find(listed, name) != std::ranges::end(listed));
  }
}

}  // namespace downhill::test
