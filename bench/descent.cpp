// What an optimizer's step costs, against the same step in one loop written by hand: at 10^7 parameters memory is the
// limit, at 10^4 the arithmetic.

#include "descent.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <autodiff/descent/methods.hpp>

#include "contender.hpp"

namespace downhill::bench {
namespace {

struct State {
  std::vector<float> x, g, m, v;
  std::size_t k = 0;
  explicit State(std::size_t n) : x(n), g(n), m(n), v(n) {
    for (std::size_t i = 0; i < n; ++i) x[i] = std::sin(static_cast<float>(i)), g[i] = std::cos(static_cast<float>(i));
  }
};

template <class M>
Evaluate step_of(std::size_t n, const M& method) {
  return [state = std::make_shared<State>(0), optimizer = std::make_shared<Optimizer<M, float>>(method, n),
          n](const std::vector<double>&) {
    if (state->x.empty()) *state = State(n);  // when it is timed, not before
    optimizer->step(state->x, state->g);
    return Outcome{state->x[0]};
  };
}

void add_adam(std::size_t n, const std::string& title) {
  const auto add = [&](const std::string& name, Evaluate evaluate) {
    contenders().push_back({title, name, {}, std::move(evaluate), {}, n > 1'000'000 ? 20 : 0});
  };
  add("P", [state = std::make_shared<State>(0), n](const std::vector<double>&) {
    if (state->x.empty()) *state = State(n);
    adam_by_hand(state->x, state->g, state->m, state->v, 1e-3F, ++state->k);
    return Outcome{state->x[0]};
  });
  add("Optimizer, Adam", step_of(n, Adam{}));
  add("Optimizer, AdamW", step_of(n, AdamW{}));
  add("Optimizer, Adam, norm clipped", step_of(n, Adam{.gradient = {.weight_decay = 1e-4, .clip_norm = 1}}));
  add("Optimizer, Momentum", step_of(n, Momentum{}));
}

}  // namespace

void add_descent() {
  add_adam(10'000, "Adam, 10^4 floats");
  add_adam(10'000'000, "Adam, 10^7 floats");
}

}  // namespace downhill::bench
