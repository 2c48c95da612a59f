// Names of enumerators, as the compiler spells them, and how a name that nothing has is refused.

#include <autodiff/text/names.hpp>

#include <array>
#include <string_view>

#include <autodiff/descent/diagnosis.hpp>
#include <autodiff/error.hpp>
#include <autodiff/gradient_check.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

enum class Colour { red, dark_blue, g2 };
enum class Alone : unsigned char { only };
enum class Far { begins_at = 3 };

struct Holder {
  enum class Inner { a, b };
};

}  // namespace

TEST_CASE("the enumerators of an enum are known with their names, in order") {
  using Names = std::vector<std::string_view>;
  const auto names = [](const auto& array) { return Names(array.begin(), array.end()); };
  CHECK(names(enumerator_names<Colour>) == Names{"red", "dark_blue", "g2"});
  CHECK(enumerators<Colour> == std::array{Colour::red, Colour::dark_blue, Colour::g2});
  CHECK(names(enumerator_names<Alone>) == Names{"only"});
  CHECK(names(enumerator_names<Holder::Inner>) == Names{"a", "b"});
  static_assert(CountedEnum<Colour> && !CountedEnum<Far> && !CountedEnum<int>);
}

TEST_CASE("an enumerator is found again by its name") {
  for (const Colour colour : enumerators<Colour>)
    CHECK(enumerator_called<Colour>("colour", enumerator_name(colour)) == colour);
  CHECK(enumerator_name(static_cast<Colour>(7)) == "unknown");
  CHECK(message_of([] { enumerator_called<Colour>("colour", "green"); }) ==
        "there is no colour 'green'; there are red, dark_blue, g2");
  CHECK(message_of([] { enumerator_called<Alone>("one", "two\n"); }).find('\n') == std::string::npos);
  CHECK_THROWS_AS(enumerator_called<Colour>("colour", ""), OptionError);
}

TEST_CASE("what the library names by its enumerators is spelled as it always was") {
  CHECK(name(StopReason::flat_gradient) == "flat_gradient");
  CHECK(name(StopReason::exception) == "exception");
  CHECK(name(Pace::crawls) == "crawls");
  CHECK(name(Pace::leaves) == "leaves");
  CHECK(name(Verdict::agrees) == "agrees");
  CHECK(name(Verdict::wrong) == "WRONG");
}
