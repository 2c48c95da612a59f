#include <autodiff/inspect/utf8.hpp>

#include <string>

#include <support/catch.hpp>

using namespace downhill::inspect;

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
