#pragma once
// The methods of descent by their names, with their options.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <autodiff/descent/all_methods.hpp>

/// Those of the library that walk on any objective, by its list, and behind them those of one's own.
using Methods = decltype(downhill::GradientMethods{} + downhill::TypeList<>{});
using Method = Methods::In<std::variant>;

struct MethodOptions {
  std::string method, line_search;
  std::optional<double> learning_rate, momentum, beta1, beta2, rho, weight_decay;
  std::optional<std::size_t> memory;
  std::vector<double> lower, upper;
};

/// `method` is the one without --method.
void add_method(CLI::App& command, MethodOptions& options, const std::string& method);

/// Throws OptionError for a name that no method has, and lists those that there are, and for an option that the method
/// does not have.
Method method_of(const MethodOptions& options);

/// Does it search for its step? Then it takes all samples at once.
bool searches(const Method& method);

/// Are there bounds? At one, the ground need not be flat.
bool is_bounded(const MethodOptions& options);

/// The name as it is typed, and the learning rate where there is one: "adam, learning rate 0.001".
std::string text_of(const Method& method);
