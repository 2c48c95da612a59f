#pragma once
// The references of all rules, in 113 bits.

#include "support/rule_row.hpp"

#if defined(DOWNHILL_HAVE_QUADMATH)

#include <vector>

namespace downhill::test {

const std::vector<Row>& rule_table();

}  // namespace downhill::test

#endif
