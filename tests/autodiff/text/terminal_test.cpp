#include <autodiff/text/terminal.hpp>

#include <cstdio>
#include <memory>

#include <support/catch.hpp>

TEST_CASE("neither a file nor a device that swallows all is a terminal") {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::tmpfile(), close),
      nothing(std::fopen("/dev/null", "w"), close);
  REQUIRE((file && nothing));
  CHECK_FALSE(downhill::is_terminal(file.get()));
  CHECK_FALSE(downhill::is_terminal(nothing.get()));
}
