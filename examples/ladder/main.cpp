#include <CLI/CLI.hpp>

#include "../program.hpp"
#include "ladder.hpp"

int main(int count, char** arguments) {
  CLI::App app{"From two parameters to two billion: the same descent on every rung", "ladder"};
  ladder::Options options;
  app.add_option("--up-to", options.up_to, "parameters of the last rung, such as 2.1e9 (default: 1e5)")
      ->type_name("N")
      ->check(CLI::Range(2.0, 1e15));
  app.add_option("--threads", options.threads, "threads, 0 for as many as there are processors (default: 0)")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  double gigabytes = 0;
  auto* const memory = app.add_option("--memory", gigabytes, "GB to plan with, where there are not less")
                           ->type_name("GB")
                           ->check(CLI::PositiveNumber);
  app.add_flag("--json", options.json, "print a list of rungs as JSON, and nothing else");
  return run_program(app, count, arguments, [&] {
    if (*memory) options.memory = 1e9 * gigabytes;
    return ladder::climb(options) ? 0 : 1;
  });
}
