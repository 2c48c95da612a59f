// What an optimizer's step costs, against the same step in one loop written by hand: at 10^7 parameters memory is the
// limit, at 10^4 the arithmetic.

#include "descent.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <autodiff/descent/methods.hpp>

#include "contender.hpp"

namespace downhill::bench {
namespace {

// Four arrays in one piece of memory, each at the start of a cache line and none at the same place of its page as
// another: where an allocator puts them depends on what ran before, and the loop's time on where they are.
struct State {
  std::span<float> x, g, m, v;
  std::size_t k = 0;
  explicit State(std::size_t n) {
    constexpr std::size_t line = 64 / sizeof(float), page = 4096 / sizeof(float);
    const std::size_t apart = (n + page - 1) / page * page + page / 4;
    memory_.resize(4 * apart + line);
    const auto beyond = reinterpret_cast<std::uintptr_t>(memory_.data()) / sizeof(float) % line;
    const std::span<float> all = std::span(memory_).subspan((line - beyond) % line);
    for (std::size_t i = 0; auto* const part : {&x, &g, &m, &v}) *part = all.subspan(i++ * apart, n);
    for (std::size_t i = 0; i < n; ++i) x[i] = std::sin(static_cast<float>(i)), g[i] = std::cos(static_cast<float>(i));
  }

 private:
  std::vector<float> memory_;
};

template <class M>
Evaluate step_of(std::size_t n, const M& method) {
  return [made = std::make_shared<std::optional<State>>(), optimizer = std::make_shared<Optimizer<M, float>>(method, n),
          n](const std::vector<double>&) {
    std::optional<State>& state = *made;
    if (!state) state.emplace(n);  // when it is timed, not before
    optimizer->step(state->x, state->g);
    return Outcome{state->x[0]};
  };
}

void add_adam(std::size_t n, const std::string& title) {
  const auto add = [&](const std::string& name, Evaluate evaluate) {
    contenders().push_back({title, name, {}, std::move(evaluate), {}, n > 1'000'000 ? 20 : 0});
  };
  add("P", [made = std::make_shared<std::optional<State>>(), n](const std::vector<double>&) {
    std::optional<State>& state = *made;
    if (!state) state.emplace(n);
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
