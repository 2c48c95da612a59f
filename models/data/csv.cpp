// Reading a table: cut the text into lines, a line into fields, and turn each field into a number. A place in the text
// is a pointer into it; line and column are counted from it only when there is something to complain about.

#include <models/data/csv.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/text/counted.hpp>
#include <autodiff/text/utf8.hpp>
#include <models/data/csv_field.hpp>

namespace downhill {
namespace {

using namespace csv_detail;
using utf8::in_quotes;
using utf8::printable;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_empty(std::string_view line) { return std::all_of(line.begin(), line.end(), is_blank); }
bool is_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && line[first] == '#';
}

struct Field {
  std::string_view text;  // without blanks around it and without its quotes
  const char* at;         // where it starts
};

class CsvParser {
 public:
  CsvParser(std::string_view text, std::string_view source, const CsvOptions& options)
      : text_(text), options_(options) {
    table_.source = source;
    if (options.separator) check_separator(*options.separator);
    if (options.part >= options.parts)
      throw OptionError(fmt::format("csv: part {} of {}; parts are counted from 0", options.part, options.parts));
    if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
    rest_ = text_;
  }

  Dataset parse() {
    refuse_binary();
    std::string_view line;
    if (!next_line(line)) fail(end_of(text_), "the file has no data; give it rows of numbers");
    separator_ = options_.separator ? *options_.separator : detect_separator(line);
    const bool has_header = read_first_line(line);
    if (has_header && !next_line(line))
      fail(end_of(line), "names of columns but no data; add rows of numbers below them");
    std::size_t row = 0;
    do
      if (row++ % options_.parts == options_.part) append_row(line);
    while (next_line(line));
    return std::move(table_);
  }

 private:
  static const char* end_of(std::string_view text) { return text.data() + text.size(); }
  bool separates(char c) const { return c == separator_ || (separator_ == ' ' && c == '\t'); }
  bool pads(char c) const { return is_blank(c) && (c != separator_ || separator_ == ' '); }

  static void check_separator(char c) {
    const bool in_numbers = ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || is_digit(c);
    if (in_numbers || std::string_view("+-.\"#\r\n\0", 8).find(c) != std::string_view::npos)
      throw OptionError(fmt::format("csv: {} cannot separate numbers; use a comma, a semicolon, a tab or a space",
                                    in_quotes(std::string_view(&c, 1))));
  }

  [[noreturn]] void fail(const char* at, std::string_view what) const {
    std::size_t line = 1, column = 1;
    for (std::string_view rest = text_; rest.data() < at;) {
      const bool ends_line = rest[0] == '\n' || (rest[0] == '\r' && !rest.starts_with("\r\n"));
      column = ends_line ? 1 : column + 1;
      if (ends_line) ++line;
      rest.remove_prefix(utf8::first_character(rest).bytes);
    }
    throw DataError(fmt::format("{}:{}:{}: {}", printable(table_.source), line, column, what));
  }

  void refuse_binary() const {
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF"))
      fail(text_.data(), "this is UTF-16 text; save the file as UTF-8");
    if (const std::size_t nul = text_.find('\0'); nul != std::string_view::npos)
      fail(text_.data() + nul, "a NUL byte: this is not a text file; give a table as plain text");
  }

  // ---- lines

  static std::string_view take_line(std::string_view& rest) {
    const auto* const begin = rest.data();
    const auto* const end = std::find_if(begin, end_of(rest), [](char c) { return c == '\n' || c == '\r'; });
    const std::string_view line(begin, static_cast<std::size_t>(end - begin));
    rest.remove_prefix(line.size());
    rest.remove_prefix(rest.starts_with("\r\n") ? 2 : rest.empty() ? 0 : 1);
    return line;
  }

  // The next line of the table. Blank ones may come before it and after it, but within it a value may be missing there.
  bool next_line(std::string_view& line) {
    const char* blank = nullptr;
    while (!rest_.empty()) {
      const std::string_view candidate = take_line(rest_);
      if (is_comment(candidate)) continue;
      if (is_empty(candidate)) {
        if (blank == nullptr) blank = candidate.data();
        continue;
      }
      if (started_ && blank != nullptr) fail(blank, "an empty line inside the table; remove it or fill it in");
      started_ = true;
      line = candidate;
      return true;
    }
    return false;
  }

  // ---- separators

  static std::size_t count_outside_quotes(std::string_view line, char separator) {
    if (separator == ' ') line = line.substr(0, line.find_last_not_of(" \t") + 1);
    bool inside = false, in_run = separator == ' ';
    std::size_t count = 0;
    for (const char c : line) {
      if (c == '"') inside = !inside;
      const bool found = !inside && (c == separator || (separator == ' ' && c == '\t'));
      if (found && !in_run) ++count;
      in_run = found && separator == ' ';
    }
    return count;
  }

  // The first that cuts the first two lines into equally many fields. Semicolons and tabs come before commas, which may
  // be decimal commas, and spaces come last, since they may stand beside any other separator.
  char detect_separator(std::string_view first) const {
    std::string_view rest = rest_, second = first;
    while (!rest.empty()) {
      second = take_line(rest);
      if (!is_empty(second) && !is_comment(second)) break;
      second = first;
    }
    for (const char c : {';', '\t', ',', ' '})
      if (const auto n = count_outside_quotes(first, c); n > 0 && n == count_outside_quotes(second, c)) return c;
    for (const char c : {';', '\t', ','})
      if (count_outside_quotes(first, c) + count_outside_quotes(second, c) > 0) return c;
    return count_outside_quotes(second, ' ') > 0 ? ' ' : ',';  // one name of several words above a single column
  }

  // ---- fields

  // Takes a field and the separator after it off the line. False after the last one.
  bool next_field(const char*& at, const char* end, Field& field) const {
    skip_padding(at, end);
    field.at = at;
    if (at != end && *at == '"') {
      const char* const close = closing_quote(at, end);
      field.text = {at + 1, static_cast<std::size_t>(close - at - 1)};
      at = close + 1;
      skip_padding(at, end);
      const bool separated = separator_ == ' ' ? at != close + 1 : at != end && separates(*at);
      if (at != end && !separated)
        fail(at, "text after a closing quote; put a separator there, or write \"\" for a quote inside quotes");
    } else {
      at = std::find_if(at, end, [&](char c) { return separates(c); });
      const char* last = at;
      while (last != field.at && pads(last[-1])) --last;
      field.text = {field.at, static_cast<std::size_t>(last - field.at)};
      skip_padding(at, end);
    }
    if (at == end) return false;
    if (separator_ != ' ') ++at;
    return true;
  }

  void skip_padding(const char*& at, const char* end) const {
    while (at != end && pads(*at)) ++at;
  }

  const char* closing_quote(const char* open, const char* end) const {
    for (const char* c = open + 1; c != end; ++c) {
      if (*c != '"') continue;
      if (c + 1 == end || c[1] != '"') return c;
      ++c;
    }
    fail(open, "a quote that is not closed on its line; add the closing quote");
  }

  std::vector<Field> fields_of(std::string_view line) const {
    std::vector<Field> fields;
    const char* at = line.data();
    for (bool more = true; more;) more = next_field(at, end_of(line), fields.emplace_back());
    return fields;
  }

  // ---- the table

  bool read_first_line(std::string_view line) {
    const std::vector<Field> fields = fields_of(line);
    const bool has_header =
        options_.header == Header::present || (options_.header == Header::detect && has_names(fields));
    std::unordered_set<std::string> seen;
    for (const Field& field : fields) {
      std::string name(has_header ? field.text : std::string_view{});
      for (std::size_t i = 0; (i = name.find("\"\"", i)) != std::string::npos; ++i) name.erase(i, 1);
      if (name.empty()) name = fmt::format("column {}", table_.names.size() + 1);
      if (!seen.insert(name).second)
        fail(field.at, fmt::format("a second column called {}; give each a name of its own", in_quotes(name)));
      table_.names.push_back(std::move(name));
    }
    return has_header;
  }

  bool has_names(const std::vector<Field>& fields) const {
    const Field* number = nullptr;
    const Field* word = nullptr;
    for (const Field& field : fields) {
      if (field.text.empty()) continue;
      const Field*& found = looks_like_number(field.text) ? number : word;
      if (found == nullptr) found = &field;
    }
    if (number != nullptr && word != nullptr)
      fail(word->at, fmt::format("{} stands among numbers in the first line; correct it, or name every column",
                                 in_quotes(word->text)));
    return word != nullptr;
  }

  void append_row(std::string_view line) {
    const char* at = line.data();
    const char* const end = end_of(line);
    std::size_t column = 0;
    for (bool more = true; more; ++column) {
      Field field{};
      more = next_field(at, end, field);
      if (column == table_.columns()) ragged(line, field.at);
      table_.values.push_back(number(field, column));
    }
    if (column < table_.columns()) ragged(line, end);
  }

  [[noreturn]] void ragged(std::string_view line, const char* at) const {
    const std::size_t found = fields_of(line).size();
    fail(at, fmt::format("{} in a table of {}; {}", counted(found, "field"), counted(table_.columns(), "column"),
                         found < table_.columns() ? "add the missing ones" : "remove the others"));
  }

  double number(const Field& field, std::size_t column) const {
    double value = 0;
    const std::errc error = read_number(field.text, value);
    if (error != std::errc{} || !std::isfinite(value)) [[unlikely]]
      refuse(field, column, error);
    return value;
  }

  [[noreturn]] void refuse(const Field& field, std::size_t column, std::errc error) const {
    const std::string name = in_quotes(table_.names[column]);
    if (field.text.empty()) fail(field.at, fmt::format("no value in column {}; fill it in or remove the row", name));
    std::string trouble = error == std::errc{} ? "is not finite; correct it or remove the row"
                          : error == std::errc::result_out_of_range
                              ? "is out of range, 4.9e-324 to 1.8e308; change the unit"
                              : trouble_with(field.text);
    if (error == std::errc::invalid_argument && is_word(field.text) && holds_words(column))
      trouble =
          "is a word, as most of that column; write classes as numbers 0, 1, 2 and so on, or leave the column out";
    fail(field.at, fmt::format("{} in column {} {}", in_quotes(field.text), name, trouble));
  }

  // Are more of the values in this column words than numbers, and not one alone? All rows so far had numbers.
  bool holds_words(std::size_t column) const {
    constexpr std::size_t enough = 1000;
    std::size_t words = 1, numbers = table_.values.size() / table_.columns();
    std::string_view rest = rest_;
    for (std::size_t lines = 0; !rest.empty() && lines < enough; ++lines) {
      const std::string_view line = take_line(rest);
      if (is_empty(line) || is_comment(line) || std::count(line.begin(), line.end(), '"') % 2 != 0) continue;
      try {
        const std::vector<Field> fields = fields_of(line);
        if (column < fields.size() && !fields[column].text.empty()) ++(is_word(fields[column].text) ? words : numbers);
      } catch (const DataError&) {  // what is wrong there is not what is wrong here
      }
    }
    return words > 1 && words > numbers;
  }

  std::string_view text_, rest_;
  const CsvOptions& options_;
  char separator_ = ',';
  bool started_ = false;
  Dataset table_;
};

}  // namespace

Dataset parse_csv(std::string_view text, std::string_view source, const CsvOptions& options) {
  return CsvParser(text, source, options).parse();
}

Dataset read_csv(const std::filesystem::path& file, const CsvOptions& options) {
  const FileOptions text{.size_limit = options.size_limit, .text = true};
  return parse_csv(read_file(file, text), file.string(), options);
}

}  // namespace downhill
