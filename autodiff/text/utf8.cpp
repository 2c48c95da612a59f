#include <autodiff/text/utf8.hpp>

#include <fmt/format.h>

namespace downhill::utf8 {

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (bytes == 0 || bytes > text.size()) return {Character::broken, 1};
  char32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {Character::broken, 1};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = 0xD800 <= code && code <= 0xDFFF;
  if (code < least[bytes] || surrogate || code > 0x10FFFF) return {Character::broken, 1};
  return {code, bytes};
}

bool is_sound(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code == Character::broken && c.bytes == 1) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

std::size_t length(std::string_view text) {
  std::size_t characters = 0;
  for (; !text.empty(); ++characters) text.remove_prefix(first_character(text).bytes);
  return characters;
}

std::string shortened(std::string_view text, std::size_t most) {
  if (length(text) <= most) return std::string(text);
  std::size_t end = 0;
  for (std::size_t i = 0; i + 1 < most; ++i) end += first_character(text.substr(end)).bytes;
  return std::string(text.substr(0, end)) + "…";
}

bool is_visible(char32_t code) {
  return code > 0x20 && !(0x7F <= code && code <= 0xA0) && code != 0xAD && !(0x2000 <= code && code <= 0x200F) &&
         !(0x2028 <= code && code <= 0x202F) && !(0x205F <= code && code <= 0x206F) && code != 0xFEFF &&
         code != Character::broken;
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F)
      shown += fmt::format("\\x{:02X}", byte);
    else
      shown += c;
  }
  return shown;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return fmt::format("'{}'", printable(text));
  std::size_t shown = 0;
  for (std::size_t next = 0; next <= longest; next += first_character(text.substr(next)).bytes) shown = next;
  return fmt::format("'{}...'", printable(text.substr(0, shown)));
}

}  // namespace downhill::utf8
