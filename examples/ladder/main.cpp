#include <CLI/CLI.hpp>

#include "../program.hpp"
#include "ladder.hpp"

int main(int count, char** arguments) {
  CLI::App app{"From two parameters to two billion: the same descent on every rung", "ladder"};
  ladder::Options options;
  ladder::add_options(app, options);
  return run_program(app, count, arguments, [&] { return ladder::climb(options) ? 0 : 1; });
}
