#include <autodiff/inspect/formula/formula_text.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <autodiff/error.hpp>

namespace downhill::inspect::formula_detail {
namespace {

bool is_letter(char32_t code) {
  return ('a' <= code && code <= 'z') || ('A' <= code && code <= 'Z') || code == '_' ||
         (0xC0 <= code && code <= 0x24F && code != 0xD7 && code != 0xF7) ||  // Latin with accents
         (0x370 <= code && code <= 0x3FF);                                   // Greek
}
bool is_small_digit(char32_t code) { return 0x2080 <= code && code <= 0x2089; }  // as in x₁
}  // namespace

bool is_blank(char32_t code) { return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == 0xA0; }
bool is_digit(char32_t code) { return '0' <= code && code <= '9'; }
bool starts_name(char32_t code) { return is_letter(code); }
bool continues_name(char32_t code) { return is_letter(code) || is_digit(code) || is_small_digit(code); }

char operator_of(char32_t code) {
  switch (code) {
    case 0xB7:    // ·
    case 0xD7:    // ×
    case 0x2217:  // ∗
    case 0x22C5:  // ⋅
      return '*';
    case 0xF7: return '/';    // ÷
    case 0x2212: return '-';  // −
    case 0xB2: return '2';    // ²
    case 0xB3: return '3';    // ³
    default:
      return code < 0x80 && std::string_view("+-*/^(),").find(static_cast<char>(code)) != std::string_view::npos
                 ? static_cast<char>(code)
                 : '\0';
  }
}

std::string described(Character character, std::string_view text) {
  if (character.code == Character::broken && character.bytes == 1)
    return fmt::format("the byte \\x{:02X}", static_cast<unsigned char>(text[0]));
  if (!utf8::is_visible(character.code)) return fmt::format("U+{:04X}", static_cast<std::uint32_t>(character.code));
  return fmt::format("'{}'", text.substr(0, character.bytes));
}

void fail(std::string_view text, std::size_t begin, std::size_t end, std::string_view what) {
  constexpr std::size_t before = 60, after = 20;  // characters of a long line that are shown around the place
  std::size_t line = 1, line_begin = 0;
  for (std::size_t i = 0; i < begin; ++i)
    if (text[i] == '\n' || (text[i] == '\r' && text.substr(i, 2) != "\r\n")) ++line, line_begin = i + 1;
  const std::string_view rest = text.substr(line_begin);
  const std::string_view shown_line = rest.substr(0, rest.find_first_of("\r\n"));
  std::size_t column = 1;
  for (std::size_t i = line_begin; i < begin; ++column) i += first_character(text.substr(i)).bytes;
  std::string excerpt, mark;
  std::size_t number = 1;
  for (std::size_t i = line_begin; i < line_begin + shown_line.size(); ++number) {
    const Character c = first_character(text.substr(i));
    const bool is_marked = begin <= i && i < std::max(end, begin + 1);
    if (number + before >= column && number <= column + after) {
      excerpt += utf8::is_visible(c.code) ? text.substr(i, c.bytes) : is_blank(c.code) ? " " : "?";
      mark += number == column ? '^' : is_marked ? '~' : ' ';
    }
    i += c.bytes;
  }
  if (column >= number) mark.append(column - number, ' ') += '^';  // behind the last character
  mark.resize(mark.find_last_not_of(' ') + 1);
  throw FormulaError(fmt::format("formula:{}:{}: {}", line, column, what), line, column, excerpt + '\n' + mark);
}

}  // namespace downhill::inspect::formula_detail
