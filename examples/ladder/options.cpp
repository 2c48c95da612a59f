// The options of the ladder, which the example and `downhill ladder` share.

#include "../validators.hpp"
#include "ladder.hpp"

namespace ladder {

void add_options(CLI::App& app, Options& options) {
  app.add_option("--up-to", options.up_to,
                 "parameters of the last rung (default: 1e5); 2.1e9 is the last, and takes 8.5 GB")
      ->type_name("N")
      ->check(number_from_to(2, 1e15));
  app.add_option("--threads", options.threads, "threads, 0 for as many as there are processors (default: 0)")
      ->type_name("N")
      ->check(whole_number(0, 1024));
  app.add_option_function<double>(
         "--memory", [&options](double gigabytes) { options.memory = 1e9 * gigabytes; },
         "GB to plan with, where there are not less")
      ->type_name("GB")
      ->check(positive_number());
  app.add_flag("--json", options.json, "print a list of rungs as JSON, and nothing else");
  app.add_option("--svg", options.svg, "write a picture: time by parameters, up to 10^12")->type_name("FILE");
  app.add_option("--html", options.html, "write a page with that picture and what was predicted")->type_name("FILE");
}

}  // namespace ladder
