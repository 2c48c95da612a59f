#pragma once
/// \file
/// Text in UTF-8, a character at a time, and how the user's text stands in a message.

#include <cstddef>
#include <string>
#include <string_view>

namespace downhill::utf8 {

/// A character and its bytes. A byte that belongs to none stands for itself.
struct Character {
  char32_t code = 0;  ///< `broken` for such a byte
  std::size_t bytes = 0;
  static constexpr char32_t broken = 0xFFFD;
};
/// Of a text that is not empty.
Character first_character(std::string_view text);
/// Is there no byte that belongs to no character?
bool is_sound(std::string_view text);
/// The number of characters.
std::size_t length(std::string_view text);
/// The text, or where it has more characters than `most`, its beginning and an ellipsis.
std::string shortened(std::string_view text, std::size_t most);
/// Does it show when it is printed? Blanks, controls and marks without a width do not.
bool is_visible(char32_t code);

/// The user's text as part of a message: one line, whatever it holds.
std::string printable(std::string_view text);
/// The same in quotes, and only its start where it has more than 60 bytes.
std::string in_quotes(std::string_view text);

}  // namespace downhill::utf8
