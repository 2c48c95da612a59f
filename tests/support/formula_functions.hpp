#pragma once
// Every function that a formula may call, as C++ calls it: those of the list of rules, but for operators and select.

#include <cctype>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/calculus/rules.hpp>
#include <autodiff/inspect/formula/formula_instructions.hpp>

namespace formula_functions {

using namespace downhill;

template <class X>
struct Called {
  std::string name;
  std::size_t operands;
  std::function<X(const X*)> call;
};
template <class X>
std::vector<Called<X>> functions() {
  using P = const X*;
  // What a formula writes in more ways than one.
  std::vector<Called<X>> all{
      {"fabs", 1, [](P x) { return apply<Abs>(x[0]); }},
      {"leaky_relu", 1, [](P x) { return leaky_relu(x[0]); }},
      {"elu", 1, [](P x) { return elu(x[0]); }},
      {"huber", 1, [](P x) { return huber(x[0]); }},
      {"max", 3, [](P x) { return downhill::max(downhill::max(x[0], x[1]), x[2]); }},
      {"min", 3, [](P x) { return downhill::min(downhill::min(x[0], x[1]), x[2]); }},
  };
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    constexpr std::size_t arity = arity_of<Rule>;
    if (Rule::name == SelectFirst::name || std::isalpha(static_cast<unsigned char>(Rule::name[0])) == 0) return;
    const std::string name(Rule::name);
    // By the function of the formulas: compiled anew, products and sums in a row may be rounded otherwise.
    if constexpr (arity == 1)
      all.push_back({name, 1, [](P x) {
                       X y = x[0];
                       inspect::formula_detail::call_unary<Rule, X>(y);
                       return y;
                     }});
    if constexpr (arity == 2) all.push_back({name, 2, [](P x) { return apply<Rule>(x[0], x[1]); }});
    if constexpr (arity == 3) all.push_back({name, 3, [](P x) { return apply<Rule>(x[0], x[1], x[2]); }});
    if constexpr (arity == any_number && requires(std::span<const X> x) { Rule::value(x); })
      all.push_back({name, 3, [](P x) { return inspect::formula_detail::call_range<Rule, X>({x, 3}); }});
  });
  return all;
}

}  // namespace formula_functions
