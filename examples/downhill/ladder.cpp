// downhill ladder: the same descent from two parameters to billions, on this machine.

#include <fmt/format.h>

#include <memory>

#include "../ladder/ladder.hpp"
#include "command.hpp"

void add_ladder(CLI::App& program) {
  const auto options = std::make_shared<ladder::Options>();
  CLI::App& command = *program.add_subcommand("ladder", "one descent, from two parameters to billions");
  command
      .add_option("--up-to", options->up_to,
                  "parameters of the last rung (default: 1e5); 2.1e9 is the last, and takes 8.5 GB")
      ->type_name("N")
      ->check(CLI::Validator(CLI::Range(2.0, 1e15)));
  command.add_option("--threads", options->threads, "threads, 0 for as many as there are processors (default: 0)")
      ->type_name("N")
      ->check(whole_number(0, 1024));
  command
      .add_option_function<double>(
          "--memory", [options](double gigabytes) { options->memory = 1e9 * gigabytes; },
          "GB to plan with, where there are not less")
      ->type_name("GB")
      ->check(positive_number());
  command.add_flag("--json", options->json, "print a list of rungs as JSON, and nothing else");
  command.footer(
      "What does not fit into memory is said, and not tried. Progress goes to stderr. Exit code 0: every\n"
      "loss fell; 1: one did not; 2: something is wrong with what was given.\n\n"
      "Example: downhill ladder --up-to 1e8");
  command.callback([options] {
    if (!ladder::climb(*options)) throw NotReached("a loss did not fall");
  });
}
