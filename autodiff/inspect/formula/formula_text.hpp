#pragma once
/// \file
/// The characters of a formula: what each of them is, and how a place among them is shown.

#include <cstddef>
#include <string>
#include <string_view>

#include <autodiff/text/utf8.hpp>

namespace downhill::inspect::formula_detail {

using utf8::Character;
using utf8::first_character;

bool is_blank(char32_t code);
bool is_digit(char32_t code);
bool starts_name(char32_t code);
bool continues_name(char32_t code);
/// One of + - * / ^ ( ) , or 2 and 3 for ² and ³; 0 for what is no operator. Some characters stand for another.
char operator_of(char32_t code);

/// How a message names a character: "'$'", or "U+200B" where it cannot be seen.
std::string described(Character character, std::string_view text);

/// Throws FormulaError for the text from `begin` to `end`: `formula:line:column: what`, and the line with a mark.
[[noreturn]] void fail(std::string_view text, std::size_t begin, std::size_t end, std::string_view what);

}  // namespace downhill::inspect::formula_detail
