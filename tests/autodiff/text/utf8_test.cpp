#include <autodiff/text/utf8.hpp>

#include <fmt/format.h>

#include <string>

#include <support/catch.hpp>

using namespace downhill;

TEST_CASE("characters are taken from UTF-8, and bytes that belong to none stand for themselves") {
  using utf8::Character;
  const auto first = [](std::string_view text) { return utf8::first_character(text); };
  CHECK(first("a").code == 'a');
  CHECK(first("θx").code == 0x3B8);
  CHECK(first("θx").bytes == 2);
  CHECK(first("€").code == 0x20AC);
  CHECK(first("😀").code == 0x1F600);
  CHECK(first("😀").bytes == 4);
  for (const char* const broken : {"\x80", "\xC3", "\xC3x", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                                   "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82"}) {
    CHECK(first(broken).code == Character::broken);
    CHECK(first(broken).bytes == 1);
  }
}

TEST_CASE("texts are measured and shortened by characters") {
  CHECK(utf8::length("") == 0);
  CHECK(utf8::length("θ·x²") == 4);
  CHECK(utf8::length("a\xFF"
                     "b") == 3);
  CHECK(utf8::shortened("θ·x²", 4) == "θ·x²");
  CHECK(utf8::shortened("θ·x²", 3) == "θ·…");
  CHECK(utf8::shortened("abc", 0) == "…");
}

TEST_CASE("what a user wrote stands in a message on one line, and long texts end between two characters") {
  CHECK(utf8::printable("a\tb\n\x7Fθ") == "a\\x09b\\x0A\\x7Fθ");
  CHECK(utf8::in_quotes("") == "''");
  CHECK(utf8::in_quotes("it's") == "'it's'");
  const auto quoted = [](std::size_t count, char c, const char* end) {
    return utf8::in_quotes(std::string(count, c).append(end));
  };
  CHECK(quoted(60, 'x', "") == fmt::format("'{:x<60}'", ""));
  CHECK(quoted(61, 'x', "") == fmt::format("'{:x<60}...'", ""));
  CHECK(quoted(59, 'x', "θx") == fmt::format("'{:x<59}...'", ""));
  CHECK(quoted(58, 'x', "θx") == fmt::format("'{:x<58}θ...'", ""));
  CHECK(quoted(61, '\x80', "").size() == 65);
}

TEST_CASE("a text is sound where every byte belongs to a character, U+FFFD among them") {
  for (const char* const text : {"", "abc", "θ·x²", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}) CHECK(utf8::is_sound(text));
  for (const char* const text : {"\xFF", "a\x80", "\xC2", "\xE2\x82", "\xED\xA0\x80", "θ\xC0\x80"})
    CHECK(!utf8::is_sound(text));
}
