// What is no formula: the place, and what to do.

#include <autodiff/inspect/formula/formula.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <support/catch.hpp>
#include <support/text.hpp>

using namespace downhill;
using inspect::Formula;

namespace {

std::string understood(std::string_view text) { return to_string(Formula::parse(text)); }
std::string error_in(std::string_view text) {
  return message_of([&] { Formula::parse(text); });
}
FormulaError caught(std::string_view text) {
  try {
    Formula::parse(text);
  } catch (const FormulaError& error) {
    return error;
  }
  throw std::logic_error("no error");
}

}  // namespace

TEST_CASE("an error names the place and what to do") {
  const std::vector<std::array<std::string, 2>> table{
      {"", "1:1: the formula is empty; type an expression such as tanh(w*x + b) - y"},
      {"  ", "1:1: the formula is empty; type an expression such as tanh(w*x + b) - y"},
      {"1 +", "1:4: the formula ends where a number, a name or ( should stand"},
      {"w*x + tahn(x)", "1:7: 'tahn' is no function; did you mean tanh?"},
      {"lob(x)", "1:1: 'lob' is no function; did you mean log?"},
      {"ln(x)", "1:1: 'ln' is no function; it is called log here"},
      {"frobnicate(x)", "1:1: 'frobnicate' is no function"},
      {"x + x(y)", "1:5: 'x' is no function; for a product write x*(...)"},
      {"pi(2)", "1:1: 'pi' is no function; for a product write pi*(...)"},
      {"2x", "1:2: an operator is missing before 'x'; for a product write 2*x"},
      {"1 + 2 (x)", "1:7: an operator is missing before '('; for a product write 2*("},
      {"(x)(y)", "1:4: an operator is missing before '('; a product needs *"},
      {"x 2.5", "1:3: an operator is missing before '2.5'; for a product write x*2.5"},
      {"2e", "1:2: an operator is missing before 'e'; for a product write 2*e"},
      {"sin x", "1:1: sin is a function; write sin(...), or another name"},
      {"sin()", "1:5: ')' where a number, a name or ( should stand"},
      {"sin(x, y)", "1:1: sin takes 1 operand, not 2"},
      {"max(x)", "1:1: max takes 2 operands or more, not 1"},
      {"hypot(1, 2, 3, 4)", "1:1: hypot takes 2 or 3 operands, not 4"},
      {"elu(1, 2, 3)", "1:1: elu takes 1 or 2 operands, not 3"},
      {"clamp(x)", "1:1: clamp takes 3 operands, not 1"},
      {"(1, 2)", "1:3: a comma stands only between the operands of a function; decimals are written with a point"},
      {"1,5", "1:2: a comma stands only between the operands of a function; decimals are written with a point"},
      {"2*(x + (y)", "1:3: this ( is never closed; put ) where it ends"},
      {"sin(x", "1:4: this ( is never closed; put ) where it ends"},
      {"x)", "1:2: this ) closes nothing; remove it, or put ( where it belongs"},
      {"x**2", "1:2: ** is no operator; write ^ for a power"},
      {"x*/2", "1:3: '/' where a number, a name or ( should stand"},
      {"1e999", "1:1: '1e999' is too large, or too small, for a double"},
      {"x + 1e-999", "1:5: '1e-999' is too large, or too small, for a double"},
      {"y = x",
       "1:3: '=' has no meaning here; a formula is one expression: to solve a = b, look for the zeros of a - b"},
      {"x < 1", "1:3: '<' has no meaning here; a comparison has no slope: max, min, clamp and relu choose"},
      {"[x]", "1:1: '[' has no meaning here; write ( and )"},
      {"x.", "1:2: '.' has no meaning here; a number has a digit next to its point"},
      {"θ² + €", "1:6: '€' has no meaning here"},
      {"x + \xFF", "1:5: the byte \\xFF has no meaning here"},
      {"x\xE2\x80\x8B", "1:2: U+200B has no meaning here"},
      {std::string("x\0", 2), "1:2: U+0000 has no meaning here"},
      {"1 +\r\n  y $", "2:5: '$' has no meaning here"},
  };
  for (const auto& [text, message] : table) {
    INFO(text);
    CHECK(error_in(text) == "formula:" + message);
  }
}

TEST_CASE("an error shows the line of the formula with a mark below the place") {
  const FormulaError error = caught("1 +\nθ*tahn(x)\n+ 2");
  CHECK(error.line == 2);
  CHECK(error.column == 3);
  CHECK(error.excerpt == "θ*tahn(x)\n  ^~~~");
  CHECK(caught("(1 +\t2").excerpt == "(1 + 2\n^");
  CHECK(caught("1 +").excerpt == "1 +\n   ^");
  CHECK(caught("1 + ").excerpt == "1 + \n    ^");
  CHECK(caught("").excerpt == "\n^");
  const std::string terms = [] {
    std::string sum = "a";
    for (int i = 0; i < 100; ++i) sum += "+a";
    return sum;
  }();
  CHECK(caught(terms + "$" + terms).excerpt == terms.substr(0, 60).replace(0, 0, "").substr(0, 59).insert(0, "+") +
                                                   "$" + terms.substr(0, 20) + "\n" + std::string(60, ' ') + "^");
}

TEST_CASE("texts that are too long, too deep or all of one kind end in a message, not in a crash") {
  const auto repeated = [](std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
  };
  CHECK(error_in(repeated("x", 65'537)) == "formula:1:1: 65537 bytes of text; a formula has at most 65536");
  CHECK(error_in(repeated("(", 65'536)) ==
        "formula:1:1001: more than 1000 operations and parentheses are open here; compute a part of the formula on its "
        "own");
  for (const char* const piece : {"-", "x^", "sin(", "x-(", "2^-", "max(1,"})
    CHECK_THAT(error_in(repeated(piece, 10'000)), Catch::Matchers::ContainsSubstring("more than 1000"));
  CHECK(Formula::parse(repeated("+", 65'535) + "1")(std::vector<double>{}) == 1);
  CHECK(Formula::parse(repeated("(", 1000) + "1" + repeated(")", 1000))(std::vector<double>{}) == 1);
  CHECK(Formula::parse("0" + repeated("+x", 32'000))(std::vector{1.0}) == 32'000);
  CHECK(Formula::parse("sum(x" + repeated(",x", 32'000) + ")")(std::vector{1.0}) == 32'001);
  CHECK(Formula::parse("max(x" + repeated(",x", 32'000) + ")")(std::vector{1.0}) == 1);
  CHECK(understood("max(x" + repeated(", x", 20'000) + ")").size() == 60'006);
  CHECK(Formula::parse("x" + repeated("²", 20'000))(std::vector{1.0}) == 1);
  CHECK(Formula::parse(repeated("x", 65'536)).names()[0].size() == 65'536);
  CHECK(error_in(repeated("x", 60'000) + "(").size() < 100);
  std::string names = "0";
  for (int i = 0; i < 9'000; ++i) names += "+x" + std::to_string(i);
  CHECK(Formula::parse(names).names().size() == 9'000);
}
