// downhill: the library as a program for the command line.
//
//     downhill descend "(1 - x)^2 + 100*(y - x^2)^2" x=-1.2 y=1 --method lbfgs
//
// Each subcommand is a file of its own. Exit code 0: it reached what was asked; 1: it did not (it diverged, a check
// failed, a file could not be written); 2: something is wrong with what it was given. Errors go to stderr.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <autodiff/error.hpp>

#include "command.hpp"

namespace {

// Lines that fit a terminal, and of an option only its name, its type and what it is.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override {
    constexpr std::size_t names = 24, whole = 100;
    return wrapped(option->get_description(), whole - names);
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? "" : " " + option->get_type_name();
  }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    for (std::size_t gap; (gap = help.find("\n\n\n")) != std::string::npos;) help.erase(gap, 1);
    return help;
  }
};

int complain(const CLI::App& program, int code, std::string_view what) {
  const auto chosen = program.get_subcommands();
  std::fflush(stdout);
  fmt::print(stderr, "downhill{}: {}\n", chosen.empty() ? "" : " " + chosen.front()->get_name(), what);
  return code;
}

// CLI11's own words, but for what newcomers meet first.
std::string refusal(const CLI::App& program, const CLI::ParseError& error, std::string_view first_argument) {
  const auto chosen = program.get_subcommands();
  if (chosen.empty()) {
    std::string names;
    for (const CLI::App* command : program.get_subcommands({}))
      names += (names.empty() ? "" : ", ") + command->get_name();
    const std::string what = first_argument.empty()
                                 ? "a command is missing"
                                 : fmt::format("there is no {} '{}'",
                                               first_argument.starts_with('-') ? "option" : "command", first_argument);
    return fmt::format("{}; the commands are {}; see downhill --help", what, names);
  }
  for (const std::string& rest : chosen.front()->remaining())
    if (rest.starts_with('-') && !rest.starts_with("--"))
      return fmt::format("'{}' is no option; a formula that begins with a minus comes last, after --", rest);
  return fmt::format("{}; see downhill {} --help", error.what(), chosen.front()->get_name());
}

// Where the reader of the output has closed it, as `head` does, there is nothing to complain about.
int output_failed(const CLI::App& program, int error) {
  return error == EPIPE ? 1 : complain(program, 1, "the output could not be written");
}

}  // namespace

int main(int count, char** arguments) {
#ifdef SIGPIPE
  std::signal(SIGPIPE, SIG_IGN);
#endif
  CLI::App program{"Automatic differentiation and descent, to look at: formulas, learning rates, networks.\n",
                   "downhill"};
  program.set_version_flag("--version", "downhill " DOWNHILL_VERSION, "print the version and exit");
  program.set_help_flag("-h,--help", "print this and exit");
  const auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(24);
  formatter->label("SUBCOMMAND", "COMMAND [ARGUMENTS]");
  formatter->label("Positionals", "Arguments");
  program.formatter(formatter);
  program.require_subcommand(1);
  program.footer(
      "downhill COMMAND --help says more. Exit code 0: it reached what was asked; 1: it did not;\n"
      "2: something is wrong with what was given.\n\n"
      "Example: downhill descend \"(1 - x)^2 + 100*(y - x^2)^2\" x=-1.2 y=1 --method lbfgs");
  add_trace(program);
  add_descend(program);
  add_check(program);
  add_doctor(program);
  add_train(program);
  add_bench(program);
  add_ladder(program);
  for (CLI::App* command : program.get_subcommands({})) command->group("Commands");
  try {
    try {
      program.parse(count, arguments);
    } catch (const CLI::CallForHelp&) {
      fmt::print("{}", program.help());
    } catch (const CLI::CallForVersion& version) {
      fmt::print("{}\n", version.what());
    }
    errno = 0;
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : output_failed(program, errno);
  } catch (const CLI::ParseError& error) {
    return complain(program, 2, refusal(program, error, count > 1 ? arguments[1] : ""));
  } catch (const NotReached& error) {
    return complain(program, 1, error.what());
  } catch (const downhill::FormulaError& error) {
    return complain(program, 2, fmt::format("{}\n{}", error.what(), error.excerpt));
  } catch (const downhill::Error& error) {
    return complain(program, 2, error.what());
  } catch (const std::system_error& error) {  // what fmt throws where the output cannot be written
    return output_failed(program, error.code().value());
  } catch (const std::bad_alloc&) {
    return complain(program, 2, "there is not enough memory for that");
  }
}
