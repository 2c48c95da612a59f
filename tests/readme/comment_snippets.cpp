// The code in the comments of the headers, compiled. comment_snippets.sh sees to it that all of it is here, word for
// word; what stands around it here is what the comments leave to their readers.

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/files/atomic_file.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/formula/formula.hpp>
#include <models/models.hpp>

using namespace downhill;

namespace {

[[maybe_unused]] void custom_hpp(const VarMatrix<double>& a) {
  const auto value = a.value();
  auto squared = custom(value * value, {a},
                        [value](const auto& g, auto a_bar) { a_bar += g * value.transpose() + value.transpose() * g; });
}

[[maybe_unused]] void cost_hpp(const Tape<double>& tape, const Program<double>& program) {
  fmt::print("{}", cost(tape));
  fmt::print("{}", cost(program).sample);
}

[[maybe_unused]] void schedule_hpp() {
  Adam constant{.learning_rate = 0.001};
  Adam falling{.learning_rate = Cosine{.first = 0.001, .steps = 5000}};
  Adam warm{.learning_rate = WarmUp{.steps = 200, .then = Cosine{.first = 0.001, .steps = 4800}}};
}

[[maybe_unused]] void trace_hpp() {
  Tape<double> tape;
  inspect::Trace trace(tape);
  auto w = tape.variable(0.5, "w"), x = tape.variable(2, "x"), y = tape.variable(3, "y");
  auto loss = square(w * x - y);
  trace.name(loss, "loss");
  fmt::print("{}", inspect::table(trace.of(loss)));
}

[[maybe_unused]] void trace_page_hpp(const inspect::Trace<double>& trace, const Var<double>& loss) {
  inspect::write("loss.html", inspect::trace_page(trace.of(loss), {.title = "One neuron"}));
}

[[maybe_unused]] void autopsy_hpp(const inspect::Record& record) { fmt::print("{}", report(record, autopsy(record))); }

[[maybe_unused]] void formula_hpp() {
  const auto f = inspect::Formula::parse("(1 - x)^2 + 100*(y - x^2)^2");
  minimize(f, f.point({{"x", -1.2}, {"y", 1}}), Lbfgs{});
}

[[maybe_unused]] void program_hpp(std::span<const double> rows, const std::vector<double>& start) {
  auto program = record([](const auto& w, const auto& s) { return square(w[0] * s[0] + w[1] - s[1]); }, 2, 2);
  auto loss = mean_over(rows, program);
  auto result = minimize(loss, {0, 0}, Lbfgs{});
  minimize(SumOfSquares(residuals_over(rows, program)), start, LevenbergMarquardt{});
}

[[maybe_unused]] void several_results_hpp() {
  auto program = record([](const auto& w, const auto& s) { return std::array{w[0] * s[0], w[0] * s[1]}; }, 1, 2);
}

[[maybe_unused]] void sweep_hpp(Tape<float>& tape, const GradientDescent& method, int steps,
                                const std::function<Var<float>(Tape<float>&)>& loss) {
  Sweep<float> sweep;  // kept from step to step
  Optimizer<GradientDescent, float> optimizer(method, tape.parameters().size());
  const Mark start = tape.mark();
  for (int step = 0; step < steps; ++step) {
    optimizer.step(tape, loss(tape), sweep);
    tape.rewind(start);
  }
}

[[maybe_unused]] void sums_hpp() {
  const auto samples = targets_of<double>(read_csv("points.csv"), {"y"});
  const auto program = record([](const auto& w, const auto& s) { return square(w[0] * s[0] + w[1] - s[1]); }, 2, 2);
  const auto result = minimize(mean_over(samples, program), {0, 0}, Lbfgs{});
}

[[maybe_unused]] void atomic_file_hpp(std::span<const std::byte> bytes) {
  AtomicFile file("model.safetensors");
  file.write(bytes);
  file.commit();
}

[[maybe_unused]] void network_hpp(const Samples<float>& digits) {
  Mlp<float> network({.input = 64, .layers = {Dense{64, Activation::relu}, Dense{10}}, .seed = 1});
  fit(network, digits, Adam{}, {.epochs = 20});
  save(network, "digits.safetensors");
}

[[maybe_unused]] void training_hpp(Mlp<float>& network, const Samples<float>& train, const Samples<float>& held_out) {
  const auto result = fit(network, train, Adam{.learning_rate = 0.001},
                          {.epochs = 30, .validation = &held_out, .patience = {.rounds = 5}}, ProgressBar());
  static_cast<void>(result);
}

[[maybe_unused]] void scaling_json_hpp(const Mlp<float>& network, const std::vector<std::string>& names,
                                       const TableScaling& scaling, const SafeTensors& file) {
  save(network, "digits.safetensors", {{"downhill.inputs", to_json({names, scaling})}});
  const auto inputs = scaling_from_json(file.metadata().at("downhill.inputs"), file.source());
  static_cast<void>(inputs);
}

[[maybe_unused]] void safetensors_hpp_write(const std::vector<double>& w, const std::vector<double>& b) {
  write_safetensors("line.safetensors", {view_of<double>("w", w, {2, 3}), view_of<double>("b", b)}, {{"step", "12"}});
}

[[maybe_unused]] void safetensors_hpp_read() {
  const SafeTensors file = read_safetensors("line.safetensors");
  const std::vector<double> w = file.get<double>("w");
}

}  // namespace

int main() {}
