#include <autodiff/descent/methods.hpp>

#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <string>

#include <autodiff/error.hpp>
#include <autodiff/text/counted.hpp>

namespace downhill {

template class Optimizer<GradientDescent, float>;
template class Optimizer<GradientDescent, double>;
template class Optimizer<Momentum, float>;
template class Optimizer<Momentum, double>;
template class Optimizer<Nesterov, float>;
template class Optimizer<Nesterov, double>;
template class Optimizer<AdaGrad, float>;
template class Optimizer<AdaGrad, double>;
template class Optimizer<AdaDelta, float>;
template class Optimizer<AdaDelta, double>;
template class Optimizer<RMSProp, float>;
template class Optimizer<RMSProp, double>;
template class Optimizer<Adam, float>;
template class Optimizer<Adam, double>;
template class Optimizer<AdamW, float>;
template class Optimizer<AdamW, double>;
template class Optimizer<NAdam, float>;
template class Optimizer<NAdam, double>;
template class Optimizer<AMSGrad, float>;
template class Optimizer<AMSGrad, double>;
template class Optimizer<Lion, float>;
template class Optimizer<Lion, double>;

namespace methods_detail {

void demand_fraction(std::string_view method, std::string_view what, double value) {
  demand(value >= 0 && value < 1, method, what, value, "must be at least 0 and less than 1");
}
void demand_positive(std::string_view method, std::string_view what, double value) {
  demand(value > 0 && std::isfinite(value), method, what, value, "must be positive and finite");
}
void demand_not_negative(std::string_view method, std::string_view what, double value) {
  demand(value >= 0 && std::isfinite(value), method, what, value, "must not be negative, and finite");
}

}  // namespace methods_detail

namespace optimizer_detail {

void demand_rate(std::string_view method, double rate, std::size_t step) {
  if (rate >= 0 && std::isfinite(rate)) return;
  throw OptionError(fmt::format(
      "{}: the schedule's learning rate at step {} is {}; it must not be negative, and finite", method, step, rate));
}

void refuse_norm(std::string_view method) {
  throw OptionError(
      fmt::format("{}: clip_norm needs the whole gradient before the first parameter moves, and a step that sweeps a "
                  "tape has not got it; use step(tape.update_parameters(), gradient), or clip_value",
                  method));
}

void throw_half_way(std::string_view method, std::size_t moved, std::size_t parameters) {
  std::string what = "something that is no std::exception";
  try {
    throw;
  } catch (const std::exception& thrown) {
    what = thrown.what();
  } catch (...) {  // nothing is known of it
  }
  std::throw_with_nested(
      TapeError(fmt::format("{}: an operation threw in the sweep, when {} of {} had moved: {}; go back to parameters "
                            "that were kept, or go on from here",
                            method, moved, counted(parameters, "parameter"), what)));
}

void demand_sound(std::string_view method, const LearningRate& rate, const Conditioning& conditioning,
                  std::size_t parameters) {
  if (rate.is_constant()) methods_detail::demand_positive(method, "the learning rate", rate.at(0));
  methods_detail::demand_not_negative(method, "the weight decay of the gradient", conditioning.weight_decay);
  demand(conditioning.clip_value > 0, method, "clip_value", conditioning.clip_value, "must be positive");
  demand(conditioning.clip_norm > 0, method, "clip_norm", conditioning.clip_norm, "must be positive");
  std::size_t at = 0;
  for (const Group& group : conditioning.groups) {
    if (group.begin < at || group.end < group.begin || group.end > parameters)
      throw OptionError(
          fmt::format("{}: the group [{}, {}) of {} parameters; groups come in order, without overlap, "
                      "within [0, {})",
                      method, group.begin, group.end, parameters, parameters));
    methods_detail::demand_not_negative(method, "a group's rate", group.rate);
    methods_detail::demand_not_negative(method, "a group's decay", group.decay);
    at = group.end;
  }
}

}  // namespace optimizer_detail
}  // namespace downhill
