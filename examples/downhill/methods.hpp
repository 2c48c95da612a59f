#pragma once
// Every method of descent by its name, with its options.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <autodiff/calculus/type_list.hpp>
#include <autodiff/descent/methods.hpp>
#include <autodiff/descent/quasi_newton.hpp>

/// A name as it is typed.
template <std::size_t n>
struct TypedName {
  consteval TypedName(const char (&text)[n]) { std::copy_n(text, n, letters.begin()); }
  std::array<char, n> letters{};
};
template <TypedName typed, class M>
struct Named {
  static constexpr std::string_view name{typed.letters.data(), typed.letters.size() - 1};
  using Method = M;
};
template <class... N>
std::variant<typename N::Method...> one_of(downhill::TypeList<N...>);

/// All methods of the command: to add one, add a line here.
using Methods = downhill::TypeList<                            //
    Named<"gradient-descent", downhill::GradientDescent>,      //
    Named<"momentum", downhill::Momentum>,                     //
    Named<"nesterov", downhill::Nesterov>,                     //
    Named<"adagrad", downhill::AdaGrad>,                       //
    Named<"adadelta", downhill::AdaDelta>,                     //
    Named<"rmsprop", downhill::RMSProp>,                       //
    Named<"adam", downhill::Adam>,                             //
    Named<"adamw", downhill::AdamW>,                           //
    Named<"nadam", downhill::NAdam>,                           //
    Named<"amsgrad", downhill::AMSGrad>,                       //
    Named<"lion", downhill::Lion>,                             //
    Named<"steepest-descent", downhill::SteepestDescent>,      //
    Named<"conjugate-gradient", downhill::ConjugateGradient>,  //
    Named<"bfgs", downhill::Bfgs>,                             //
    Named<"lbfgs", downhill::Lbfgs>>;
using Method = decltype(one_of(Methods{}));

struct MethodOptions {
  std::string method, line_search;
  std::optional<double> learning_rate, momentum, beta1, beta2, rho, weight_decay;
  std::optional<std::size_t> memory;
};

/// `method` is the one without --method.
void add_method(CLI::App& command, MethodOptions& options, const std::string& method);

/// Throws OptionError for a name that no method has, and lists those that there are, and for an option that the method
/// does not have.
Method method_of(const MethodOptions& options);

/// Does it search for its step? Then it takes all samples at once.
bool searches(const Method& method);

/// The name as it is typed, and the learning rate where there is one: "adam, learning rate 0.001".
std::string text_of(const Method& method);
