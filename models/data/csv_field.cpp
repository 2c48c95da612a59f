#include <models/data/csv_field.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace downhill::csv_detail {

std::errc read_number(std::string_view text, double& value) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);  // from_chars wants no plus sign
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  return end == last ? error : std::errc::invalid_argument;
}

namespace {

bool is_number(std::string_view text) {
  double value = 0;
  return read_number(text, value) != std::errc::invalid_argument;
}

// 1,5: a number if the comma were a point.
bool has_decimal_comma(std::string_view text) {
  if (std::count(text.begin(), text.end(), ',') != 1) return false;
  std::string with_point(text);
  with_point[text.find(',')] = '.';
  return is_number(with_point);
}

// 1,000 or 1'234'567.8: groups of three digits, the first of one to three and no zero before them.
bool has_thousands(std::string_view text, char separator) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (separator != '.') text = text.substr(0, text.find('.'));
  std::size_t digits = 0, groups = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      ++digits;
    } else if (c == separator && (groups == 0 ? 1 <= digits && digits <= 3 : digits == 3)) {
      ++groups, digits = 0;
    } else {
      return false;
    }
  }
  return groups > 0 && digits == 3 && text.front() != '0';
}

bool is_missing(std::string_view text) {
  std::string small;
  for (const char c : text) small += static_cast<char>('A' <= c && c <= 'Z' ? c - 'A' + 'a' : c);
  constexpr std::string_view known[] = {"na",      "n/a", "#n/a", "null", "none", "nil",
                                        "missing", "?",   "-",    "--",   ".",    "nd"};
  return std::ranges::find(known, small) != std::end(known);
}

// 2024-05-17, 17.05.2024, 5/17/24, 12:30: digits in two groups or more, or three between points.
bool is_date_or_time(std::string_view text) {
  if (text.empty() || !is_digit(text.front())) return false;
  for (const auto& [separator, least] : {std::pair('-', 2), std::pair('/', 1), std::pair(':', 1), std::pair('.', 2)})
    if (std::count(text.begin(), text.end(), separator) >= least &&
        text.find_first_not_of("0123456789-/:. TZ+") == std::string_view::npos)
      return true;
  return false;
}

constexpr std::string_view is_no_number = "is not a number; correct it or remove the row";

}  // namespace

bool looks_like_number(std::string_view text) {
  if (is_number(text)) return true;
  return std::any_of(text.begin(), text.end(), is_digit) &&
         text.find_first_not_of("0123456789+-.,:/eE'") == std::string_view::npos &&
         (is_digit(text.front()) || std::string_view("+-.,").find(text.front()) != std::string_view::npos);
}

std::string trouble_with(std::string_view text) {
  if (is_missing(text)) return "stands for a value that is missing; fill it in or remove the row";
  for (const char separator : {',', '\'', '_', ' ', '.'}) {
    if (!has_thousands(text, separator)) continue;
    const auto count = std::count(text.begin(), text.end(), separator);
    if (separator == '.' && count < 2) continue;
    std::string plain(text);
    std::erase(plain, separator);
    if (separator != ',' || count > 1 || plain.find('.') != std::string::npos)
      return fmt::format("has separators between thousands; write {}", plain);
    std::string with_point(text);
    with_point[text.find(',')] = '.';
    return fmt::format("has a comma; write {} if it stands between thousands, {} if it is a decimal comma", plain,
                       with_point);
  }
  if (has_decimal_comma(text)) return "has a decimal comma; write a decimal point";
  if (text.ends_with('%') && text.size() > 1 && (is_digit(text.front()) || text.front() == '-'))
    return "has a percent sign; remove it from the whole column";
  for (const std::string_view currency : {"$", "\u20ac", "\u00a3", "\u00a5"})
    if (text.starts_with(currency) || text.ends_with(currency))
      return "has a currency sign; remove it from the whole column";
  if (is_date_or_time(text))
    return "is a date or a time; write it as a number, such as days since the first, or leave the column out";
  return std::string(is_no_number);
}

bool is_word(std::string_view text) {
  return !is_missing(text) && !looks_like_number(text) && trouble_with(text) == is_no_number;
}

}  // namespace downhill::csv_detail
