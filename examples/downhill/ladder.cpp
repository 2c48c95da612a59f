// downhill ladder: the same descent from two parameters to billions, on this machine.

#include <memory>

#include "../ladder/ladder.hpp"
#include "command.hpp"

void add_ladder(CLI::App& program) {
  const auto options = std::make_shared<ladder::Options>();
  CLI::App& command = *program.add_subcommand("ladder", "one descent, from two parameters to billions");
  ladder::add_options(command, *options);
  command.footer(
      "What does not fit into memory is said, and not tried. Progress goes to stderr. Exit code 0: every\n"
      "loss fell; 1: one did not; 2: something is wrong with what was given.\n\n"
      "Example: downhill ladder --up-to 1e8 --html ladder.html");
  command.callback([options] {
    demand_apart("", {{"--svg", options->svg}, {"--html", options->html}});
    or_not_reached([&] {
      if (!ladder::climb(*options)) throw NotReached("a loss did not fall");
    });
  });
}
