#include "methods.hpp"

#include <fmt/format.h>

#include <cctype>
#include <string_view>
#include <type_traits>
#include <utility>

#include <autodiff/error.hpp>

#include "command.hpp"

namespace {

constexpr auto names = Methods::names();  // in the order of the variant

std::string list_of_names() { return fmt::format("{}", fmt::join(names, ", ")); }

// Without what people write differently: "L-BFGS" and "lbfgs", "AdaGrad" and "ada_grad".
std::string folded(std::string_view name) {
  std::string letters;
  for (const char c : name)
    if (c != '-' && c != '_' && c != ' ') letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

template <std::size_t... i>
Method made(std::size_t index, std::index_sequence<i...>) {
  Method method;
  static_cast<void>(((i == index && (method.emplace<i>(), true)) || ...));
  return method;
}

Method method_called(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (folded(names[i]) == folded(name)) return made(i, std::make_index_sequence<names.size()>());
  throw downhill::OptionError(fmt::format("--method: there is no '{}'; there are {}", name, list_of_names()));
}

downhill::LineSearch line_search_called(std::string_view name, double curvature) {
  if (folded(name) == "armijo") return downhill::Armijo{};
  if (folded(name) == "strongwolfe") return downhill::StrongWolfe{.curvature = curvature};
  throw downhill::OptionError(fmt::format("--line-search: there is no '{}'; there are armijo, strong-wolfe", name));
}

template <class Option, class Place>
void set(const std::optional<Option>& option, Place* place, std::string_view name, std::string_view method) {
  if (!option) return;
  if (place == nullptr) throw downhill::OptionError(fmt::format("{}: {} does not have it; leave it out", name, method));
  *place = *option;
}

template <class M>
void configure(M& m, const MethodOptions& given, std::string_view name) {
  downhill::LearningRate* rate = nullptr;
  double *momentum = nullptr, *beta1 = nullptr, *beta2 = nullptr, *rho = nullptr, *decay = nullptr;
  std::size_t* memory = nullptr;
  if constexpr (requires { m.learning_rate; }) rate = &m.learning_rate;
  if constexpr (requires { m.momentum; }) momentum = &m.momentum;
  if constexpr (requires { m.moments; }) beta1 = &m.moments.beta1, beta2 = &m.moments.beta2;
  if constexpr (requires { m.beta1; }) beta1 = &m.beta1, beta2 = &m.beta2;
  if constexpr (requires { m.rho; }) rho = &m.rho;
  if constexpr (requires { m.gradient; }) decay = &m.gradient.weight_decay;
  if constexpr (requires { m.weight_decay; }) decay = &m.weight_decay;
  if constexpr (std::is_same_v<M, downhill::Lbfgs>) memory = &m.memory;
  set(given.learning_rate, rate, "--learning-rate", name);
  set(given.momentum, momentum, "--momentum", name);
  set(given.beta1, beta1, "--beta1", name);
  set(given.beta2, beta2, "--beta2", name);
  set(given.rho, rho, "--rho", name);
  set(given.weight_decay, decay, "--weight-decay", name);
  set(given.memory, memory, "--memory", name);
  if (given.line_search.empty()) return;
  if constexpr (requires { m.search; })
    m.search = line_search_called(given.line_search, std::is_same_v<M, downhill::ConjugateGradient> ? 0.1 : 0.9);
  else
    throw downhill::OptionError(fmt::format("--line-search: {} has none; leave it out", name));
}

}  // namespace

void add_method(CLI::App& command, MethodOptions& options, const std::string& method) {
  options.method = method;
  const auto add = [&](const std::string& name, auto& place, const std::string& type, const std::string& description) {
    return command.add_option(name, place, description)->type_name(type)->group("Method");
  };
  add("--method", options.method, "NAME", fmt::format("one of {} (default: {})", list_of_names(), method));
  add("--learning-rate", options.learning_rate, "R",
      "of the methods up to lion, each of which has a default; the others search for their step")
      ->check(positive_number());
  add("--momentum", options.momentum, "M", "of momentum and nesterov (default: 0.9)")->check(fraction());
  add("--beta1", options.beta1, "B", "of adam and its kin, and lion (default: 0.9)")->check(fraction());
  add("--beta2", options.beta2, "B", "of the same (default: 0.999; of lion 0.99)")->check(fraction());
  add("--rho", options.rho, "R", "of adadelta (default: 0.95) and rmsprop (default: 0.9)")->check(fraction());
  add("--weight-decay", options.weight_decay, "D", "of all that have a learning rate (default: 0; of adamw 0.01)")
      ->check(fraction());
  add("--line-search", options.line_search, "NAME",
      "armijo or strong-wolfe, of those without a learning rate (default: armijo for steepest-descent)");
  add("--memory", options.memory, "N", "pairs that lbfgs remembers (default: 10)")->check(whole_number(1, 1000));
}

Method method_of(const MethodOptions& options) {
  Method method = method_called(options.method);
  std::visit([&](auto& m) { configure(m, options, names[method.index()]); }, method);
  return method;
}

bool searches(const Method& method) {
  return std::visit([](const auto& m) { return requires { m.search; }; }, method);
}

std::string text_of(const Method& method) {
  std::string text(names[method.index()]);
  std::visit(
      [&](const auto& m) {
        if constexpr (requires { m.learning_rate; })
          text += fmt::format(", learning rate {:.6g}", m.learning_rate.at(0));
      },
      method);
  return text;
}
