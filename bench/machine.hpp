#pragma once
// What the figures depend on, and must be shown with.

#include <string>

namespace downhill::bench {

std::string compiler();   // "g++ 12.2.0"
std::string flags();      // those that this program was compiled with, warnings left out
std::string processor();  // its name, as Linux gives it

}  // namespace downhill::bench
