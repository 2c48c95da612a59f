#pragma once
// Every function that a formula may call, as C++ calls it.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>

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
  return {
      {"reciprocal", 1, [](P x) { return reciprocal(x[0]); }},
      {"square", 1, [](P x) { return square(x[0]); }},
      {"cube", 1, [](P x) { return cube(x[0]); }},
      {"sqrt", 1, [](P x) { return downhill::sqrt(x[0]); }},
      {"cbrt", 1, [](P x) { return downhill::cbrt(x[0]); }},
      {"exp", 1, [](P x) { return downhill::exp(x[0]); }},
      {"exp2", 1, [](P x) { return downhill::exp2(x[0]); }},
      {"expm1", 1, [](P x) { return downhill::expm1(x[0]); }},
      {"log", 1, [](P x) { return downhill::log(x[0]); }},
      {"log2", 1, [](P x) { return downhill::log2(x[0]); }},
      {"log10", 1, [](P x) { return downhill::log10(x[0]); }},
      {"log1p", 1, [](P x) { return downhill::log1p(x[0]); }},
      {"sin", 1, [](P x) { return downhill::sin(x[0]); }},
      {"cos", 1, [](P x) { return downhill::cos(x[0]); }},
      {"tan", 1, [](P x) { return downhill::tan(x[0]); }},
      {"asin", 1, [](P x) { return downhill::asin(x[0]); }},
      {"acos", 1, [](P x) { return downhill::acos(x[0]); }},
      {"atan", 1, [](P x) { return downhill::atan(x[0]); }},
      {"sinh", 1, [](P x) { return downhill::sinh(x[0]); }},
      {"cosh", 1, [](P x) { return downhill::cosh(x[0]); }},
      {"tanh", 1, [](P x) { return downhill::tanh(x[0]); }},
      {"asinh", 1, [](P x) { return downhill::asinh(x[0]); }},
      {"acosh", 1, [](P x) { return downhill::acosh(x[0]); }},
      {"atanh", 1, [](P x) { return downhill::atanh(x[0]); }},
      {"erf", 1, [](P x) { return downhill::erf(x[0]); }},
      {"erfc", 1, [](P x) { return downhill::erfc(x[0]); }},
      {"lgamma", 1, [](P x) { return downhill::lgamma(x[0]); }},
      {"tgamma", 1, [](P x) { return downhill::tgamma(x[0]); }},
      {"xlogx", 1, [](P x) { return xlogx(x[0]); }},
      {"sign", 1, [](P x) { return downhill::sign(x[0]); }},
      {"floor", 1, [](P x) { return downhill::floor(x[0]); }},
      {"ceil", 1, [](P x) { return downhill::ceil(x[0]); }},
      {"round", 1, [](P x) { return downhill::round(x[0]); }},
      {"trunc", 1, [](P x) { return downhill::trunc(x[0]); }},
      {"abs", 1, [](P x) { return downhill::abs(x[0]); }},
      {"fabs", 1, [](P x) { return downhill::fabs(x[0]); }},
      {"sigmoid", 1, [](P x) { return sigmoid(x[0]); }},
      {"softplus", 1, [](P x) { return softplus(x[0]); }},
      {"log_sigmoid", 1, [](P x) { return log_sigmoid(x[0]); }},
      {"relu", 1, [](P x) { return relu(x[0]); }},
      {"gelu", 1, [](P x) { return gelu(x[0]); }},
      {"silu", 1, [](P x) { return silu(x[0]); }},
      {"leaky_relu", 1, [](P x) { return leaky_relu(x[0]); }},
      {"elu", 1, [](P x) { return elu(x[0]); }},
      {"pow", 2, [](P x) { return downhill::pow(x[0], x[1]); }},
      {"hypot", 2, [](P x) { return downhill::hypot(x[0], x[1]); }},
      {"logaddexp", 2, [](P x) { return logaddexp(x[0], x[1]); }},
      {"atan2", 2, [](P x) { return downhill::atan2(x[0], x[1]); }},
      {"xlogy", 2, [](P x) { return xlogy(x[0], x[1]); }},
      {"remainder", 2, [](P x) { return downhill::remainder(x[0], x[1]); }},
      {"copysign", 2, [](P x) { return downhill::copysign(x[0], x[1]); }},
      {"fmax", 2, [](P x) { return downhill::fmax(x[0], x[1]); }},
      {"fmin", 2, [](P x) { return downhill::fmin(x[0], x[1]); }},
      {"fdim", 2, [](P x) { return downhill::fdim(x[0], x[1]); }},
      {"fmod", 2, [](P x) { return downhill::fmod(x[0], x[1]); }},
      {"max", 2, [](P x) { return downhill::max(x[0], x[1]); }},
      {"min", 2, [](P x) { return downhill::min(x[0], x[1]); }},
      {"leaky_relu", 2, [](P x) { return leaky_relu(x[0], x[1]); }},
      {"elu", 2, [](P x) { return elu(x[0], x[1]); }},
      {"hypot", 3, [](P x) { return apply<Hypot3>(x[0], x[1], x[2]); }},
      {"clamp", 3, [](P x) { return downhill::clamp(x[0], x[1], x[2]); }},
      {"fma", 3, [](P x) { return downhill::fma(x[0], x[1], x[2]); }},
      {"max", 3, [](P x) { return downhill::max(downhill::max(x[0], x[1]), x[2]); }},
      {"min", 3, [](P x) { return downhill::min(downhill::min(x[0], x[1]), x[2]); }},
      {"sum", 3, [](P x) { return sum(std::span(x, 3)); }},
      {"mean", 3, [](P x) { return mean(std::span(x, 3)); }},
      {"norm", 3, [](P x) { return norm(std::span(x, 3)); }},
      {"log_sum_exp", 3, [](P x) { return log_sum_exp(std::span(x, 3)); }},
  };
}

}  // namespace formula_functions
