#pragma once
/// \file
/// Numbers of things, for people to read.

#include <cstddef>
#include <string>
#include <string_view>

namespace downhill {

/// "1 step", "2 steps": the count and its noun.
std::string counted(std::size_t count, std::string_view noun);

}  // namespace downhill
