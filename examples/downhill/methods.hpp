#pragma once
// Every method of descent by its name, with its options.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include <autodiff/descent/methods.hpp>
#include <autodiff/descent/quasi_newton.hpp>

using Method = std::variant<downhill::GradientDescent, downhill::Momentum, downhill::Nesterov, downhill::AdaGrad,
                            downhill::AdaDelta, downhill::RMSProp, downhill::Adam, downhill::AdamW, downhill::NAdam,
                            downhill::AMSGrad, downhill::Lion, downhill::SteepestDescent, downhill::ConjugateGradient,
                            downhill::Bfgs, downhill::Lbfgs>;

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
