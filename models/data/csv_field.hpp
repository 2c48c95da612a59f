#pragma once
/// \file
/// What the text of a field in a table is: a number, or what it was meant to be.

#include <string>
#include <string_view>
#include <system_error>

namespace downhill::csv_detail {

inline bool is_digit(char c) { return '0' <= c && c <= '9'; }

/// std::errc{} for a number, result_out_of_range for one that no double is near, invalid_argument for anything else.
std::errc read_number(std::string_view text, double& value);
/// A number, or something that was meant to be one, such as 1,5 or 2024-05-17: nothing that names a column.
bool looks_like_number(std::string_view text);
/// A word, and no sign that a value is missing.
bool is_word(std::string_view text);
/// What is wrong with a field that is no number, and what to do about it.
std::string trouble_with(std::string_view text);

}  // namespace downhill::csv_detail
