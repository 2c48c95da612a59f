// The ladder: one procedure, from a line with two parameters to a network with billions of weights.
//
//     ladder [--up-to N] [--threads n] [--memory GB] [--json] [--svg FILE] [--html FILE]
//
// This is all of the descent, on every rung. The model records its loss on the tape. The optimizer sweeps it: as soon
// as the sweep has passed a layer, that layer's weights move, so that no gradient is ever in memory, and a step needs
// four bytes a weight and little more. What is climbed, measured and shown is in ladder/; `downhill ladder` is the
// same.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>

#include <autodiff/autodiff.hpp>

#include "ladder/ladder.hpp"

namespace ladder {

Descent descend(Model& model, double learning_rate, std::size_t steps, const std::function<void(std::size_t)>& told) {
  using clock = std::chrono::steady_clock;
  downhill::Tape<float>& tape = model.tape();
  downhill::Optimizer<downhill::GradientDescent, float> optimizer({.learning_rate = learning_rate},
                                                                  tape.parameters().size());
  downhill::Sweep<float> sweep;
  Descent descent{.losses = {}, .seconds = std::numeric_limits<double>::infinity()};
  const downhill::Mark start = tape.mark();
  for (std::size_t step = 0; step < steps; ++step) {
    told(step);
    const auto begin = clock::now();
    const downhill::Var<float> loss = model.loss();
    descent.losses.push_back(static_cast<double>(loss.value()));
    optimizer.step(tape, loss, sweep);
    tape.rewind(start);
    descent.seconds = std::min(descent.seconds, std::chrono::duration<double>(clock::now() - begin).count());
  }
  descent.losses.push_back(static_cast<double>(model.loss().value()));
  tape.rewind(start);
  return descent;
}

}  // namespace ladder
