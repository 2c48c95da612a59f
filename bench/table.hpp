#pragma once
// A table that is readable in a terminal and in Markdown.

#include <cmath>
#include <string>
#include <vector>

namespace downhill::bench {

using Row = std::vector<std::string>;

/// The number with so many digits behind the point, or a dash if it is not a number: something was not measured.
std::string figure(double number, int digits);

/// The first row is the head. The first column is aligned left, the others right.
void print_table(const std::vector<Row>& rows);

}  // namespace downhill::bench
