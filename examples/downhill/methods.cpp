#include "methods.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <type_traits>
#include <utility>

#include <autodiff/error.hpp>

#include "command.hpp"

namespace {

using downhill::OptionError;

// A type's name as it is typed, with a hyphen between words of four letters and more: "GradientDescent" is
// gradient-descent, while "AdaGrad" and "AdamW" are adagrad and adamw.
std::string typed(std::string_view name) {
  constexpr std::size_t shortest = 4;
  const auto is_capital = [](char letter) { return std::isupper(static_cast<unsigned char>(letter)) != 0; };
  std::string text;
  std::size_t last = 0;  // the letters of the word before
  while (!name.empty()) {
    const auto end = std::find_if(name.begin() + 1, name.end(), is_capital);
    const auto length = static_cast<std::size_t>(end - name.begin());
    if (last >= shortest && length >= shortest) text += '-';
    for (const char letter : name.substr(0, length))
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    name.remove_prefix(last = length);
  }
  return text;
}

// Without what people write differently: "L-BFGS" and "lbfgs", "AdaGrad" and "ada_grad".
std::string folded(std::string_view name) {
  std::string letters;
  for (const char c : name)
    if (c != '-' && c != '_' && c != ' ') letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

// The names of a list of types, as they are typed.
template <class List>
std::vector<std::string> typed_names() {
  std::vector<std::string> names;
  for (const std::string_view name : List::names()) names.push_back(typed(name));
  return names;
}
template <class List>
std::string list_of_names() {
  return fmt::format("{}", fmt::join(typed_names<List>(), ", "));
}

// One of a list of types by its name, as a variant of them.
template <class List>
auto called(std::string_view option, std::string_view name) {
  using Any = typename List::template In<std::variant>;
  std::optional<Any> found;
  List::for_each([&]<class One>(std::type_identity<One>) {
    if (folded(One::name) == folded(name)) found = One{};
  });
  if (found) return *found;
  throw OptionError(fmt::format("{}: there is no '{}'; there are {}", option, name, list_of_names<List>()));
}

Method method_called(std::string_view name) {
  downhill::AllMethods::for_each([&]<class M>(std::type_identity<M>) {
    if constexpr (downhill::ResidualMethod<M>)
      if (folded(M::name) == folded(name))
        throw OptionError(
            fmt::format("--method: {} steps by the residuals of a sum of squares, and here there is a single value; "
                        "there are {}",
                        typed(M::name), list_of_names<Methods>()));
  });
  return called<Methods>("--method", name);
}

// A member of the method, or nothing where it has none that can be set.
template <class M, class Member>
auto place_in(M& method, Member member) {
  if constexpr (std::is_invocable_v<Member, M&>)
    return member(method);
  else
    return nullptr;
}

// visit(option, what is given for it, its place in the method) of each option that is a number, or several. To add one,
// add its line here, its member to MethodOptions, and its description to add_method.
template <class M, class Options, class Visit>
void for_each_option(M& method, Options& given, Visit&& visit) {
  const auto number = [&](const char* option, auto& value, auto member) {
    visit(option, value, place_in(method, member));
  };
  number("--learning-rate", given.learning_rate,
         [](auto& m) -> decltype(&m.learning_rate) { return &m.learning_rate; });
  number("--momentum", given.momentum, [](auto& m) -> decltype(&m.momentum) { return &m.momentum; });
  if constexpr (requires { method.moments; }) {
    visit("--beta1", given.beta1, &method.moments.beta1);
    visit("--beta2", given.beta2, &method.moments.beta2);
  } else {
    number("--beta1", given.beta1, [](auto& m) -> decltype(&m.beta1) { return &m.beta1; });
    number("--beta2", given.beta2, [](auto& m) -> decltype(&m.beta2) { return &m.beta2; });
  }
  number("--rho", given.rho, [](auto& m) -> decltype(&m.rho) { return &m.rho; });
  if constexpr (requires { method.weight_decay; })
    visit("--weight-decay", given.weight_decay, &method.weight_decay);
  else
    number("--weight-decay", given.weight_decay,
           [](auto& m) -> decltype(&m.gradient.weight_decay) { return &m.gradient.weight_decay; });
  // That of a first-order method is no option, but how many numbers it remembers.
  number("--memory", given.memory, [](auto& m) -> decltype(static_cast<std::size_t*>(&m.memory)) { return &m.memory; });
  number("--lower", given.lower, [](auto& m) -> decltype(&m.lower) { return &m.lower; });
  number("--upper", given.upper, [](auto& m) -> decltype(&m.upper) { return &m.upper; });
}

std::string text_of_default(const downhill::LearningRate& rate) { return fmt::format("{:.6g}", rate.at(0)); }
std::string text_of_default(const std::vector<double>&) { return "none"; }
template <class Number>
std::string text_of_default(Number number) {
  return fmt::format("{}", number);
}

// Which methods have an option, and with what default: "of momentum, nesterov (default: 0.9)".
std::string owners(std::string_view option) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_default;
  Methods::for_each([&]<class M>(std::type_identity<M>) {
    M method;
    MethodOptions none;
    for_each_option(method, none, [&](std::string_view name, const auto&, auto place) {
      if constexpr (!std::is_null_pointer_v<decltype(place)>) {
        if (name != option) return;
        const std::string text = text_of_default(*place);
        auto same = std::ranges::find(by_default, text, [](const auto& each) { return each.first; });
        if (same == by_default.end()) same = by_default.insert(same, {text, {}});
        same->second.push_back(typed(M::name));
      }
    });
  });
  std::vector<std::string> parts;
  for (const auto& [text, methods] : by_default)
    parts.push_back(fmt::format("{} (default: {})", fmt::join(methods, ", "), text));
  return fmt::format("of {}", fmt::join(parts, ", "));
}

template <class M>
concept SearchesAlongLines = requires(M& method, downhill::LineSearch search) { method.search = search; };

// Which line search each method has without --line-search.
std::string line_search_owners() {
  std::vector<std::string> parts;
  Methods::for_each([&]<class M>(std::type_identity<M>) {
    if constexpr (SearchesAlongLines<M>)
      parts.push_back(
          fmt::format("{} ({})", typed(M::name),
                      std::visit([](const auto& search) { return typed(std::remove_cvref_t<decltype(search)>::name); },
                                 M{}.search)));
  });
  return fmt::format("{}", fmt::join(parts, ", "));
}

template <class M>
void configure(M& method, const MethodOptions& given) {
  const std::string name = typed(M::name);
  for_each_option(method, given, [&](std::string_view option, const auto& value, auto place) {
    const bool is_given = [&] {
      if constexpr (requires { value.has_value(); })
        return value.has_value();
      else
        return !value.empty();
    }();
    if (!is_given) return;
    if constexpr (std::is_null_pointer_v<decltype(place)>)
      throw OptionError(fmt::format("{}: {} does not have it; leave it out", option, name));
    else if constexpr (requires { *value; })
      *place = *value;
    else
      *place = value;
  });
  if (given.line_search.empty()) return;
  if constexpr (SearchesAlongLines<M>) {
    const downhill::LineSearch own = method.search;
    method.search = called<downhill::AllLineSearches>("--line-search", given.line_search);
    if (method.search.index() == own.index()) method.search = own;  // with the options that suit the method
  } else {
    throw OptionError(fmt::format("--line-search: {} has none; leave it out", name));
  }
}

}  // namespace

void add_method(CLI::App& command, MethodOptions& options, const std::string& method) {
  options.method = method;
  const auto add = [&](const std::string& name, auto& place, const std::string& type, const std::string& description) {
    return command.add_option(name, place, description)->type_name(type)->group("Method");
  };
  const auto add_number = [&](const std::string& name, auto& place, const std::string& type,
                              const std::string& description = "") {
    return add(name, place, type, description + owners(name));
  };
  add("--method", options.method, "NAME", fmt::format("one of {} (default: {})", list_of_names<Methods>(), method));
  add_number("--learning-rate", options.learning_rate, "R")->check(positive_number());
  add_number("--momentum", options.momentum, "M")->check(fraction());
  add_number("--beta1", options.beta1, "B")->check(fraction());
  add_number("--beta2", options.beta2, "B")->check(fraction());
  add_number("--rho", options.rho, "R")->check(fraction());
  add_number("--weight-decay", options.weight_decay, "D")->check(fraction());
  add("--line-search", options.line_search, "NAME",
      fmt::format("{}; of {}", list_of_names<downhill::AllLineSearches>(), line_search_owners()));
  add_number("--memory", options.memory, "N", "pairs that are remembered, ")->check(whole_number(1, 1000));
  add_number("--lower", options.lower, "B,...", "a bound for all, or one for each in their order, ")->delimiter(',');
  add_number("--upper", options.upper, "B,...", "likewise, ")->delimiter(',');
}

Method method_of(const MethodOptions& options) {
  Method method = method_called(options.method);
  std::visit([&](auto& m) { configure(m, options); }, method);
  return method;
}

bool searches(const Method& method) {
  return std::visit([](const auto& m) { return !downhill::FirstOrderMethod<std::remove_cvref_t<decltype(m)>>; },
                    method);
}

bool is_bounded(const MethodOptions& options) { return !options.lower.empty() || !options.upper.empty(); }

std::string text_of(const Method& method) {
  return std::visit(
      [&]<class M>(const M& m) {
        if constexpr (downhill::FirstOrderMethod<M>)
          return fmt::format("{}, learning rate {:.6g}", typed(M::name), m.learning_rate.at(0));
        else
          return typed(M::name);
      },
      method);
}
