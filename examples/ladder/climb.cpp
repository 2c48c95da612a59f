#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <utility>

#include <autodiff/files/atomic_file.hpp>

#include "ladder.hpp"
#include "progress.hpp"
#include "timing.hpp"

namespace ladder {
namespace {

constexpr double patience = 1;  // seconds for which differences are really taken

// The loss, off the tape again.
double loss_of(Model& model, const downhill::Mark& here) {
  const auto value = static_cast<double>(model.loss().value());
  model.tape().rewind(here);
  return value;
}

// n + 1 losses, one at each point a little beside this one, until the patience is over. How many were taken, and their
// sum, so that none of them is left out.
std::pair<std::size_t, double> take_differences(Model& model, const downhill::Mark& here) {
  constexpr float beside = 1e-3F;
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t parameters = model.tape().parameters().size();
  double sum = loss_of(model, here);
  std::size_t i = 0;
  for (; i < parameters && std::chrono::steady_clock::now() - begin < std::chrono::duration<double>(patience); ++i) {
    const float kept = model.tape().parameters()[i];
    model.tape().update_parameters()[i] = kept + beside;
    sum += loss_of(model, here);
    model.tape().update_parameters()[i] = kept;
  }
  return {i + 1, sum};
}

void measure(Measured& measured, const Machine& machine, Progress& progress) {
  const Rung& rung = measured.rung;
  const std::string name = fmt::format("{} ({:.3g} parameters)", rung.name, static_cast<double>(rung.parameters));
  forget_peak();
  const double before = memory_now();
  progress.at(name + ": making the parameters");
  Model model(rung,
              [&](double part) { progress.at(fmt::format("{}: making the parameters, {:.0f} %", name, 100 * part)); });
  Descent descent = descend(model, rung.learning_rate, steps_of_a_rung, [&](std::size_t step) {
    progress.at(fmt::format("{}: step {} of {}", name, step + 1, steps_of_a_rung));
  });
  measured.losses = descent.losses;
  progress.at(name + ": the function alone");
  const downhill::Mark here = model.tape().mark();
  double kept = 0;
  measured.seconds_function = best_of(0.2, 1000, [&] { kept += loss_of(model, here); });
  // Small rungs take more steps, as the first ones find a cold cache.
  const double of_a_step = std::max(descent.seconds, 1e-7);
  if (const auto more = static_cast<std::size_t>(std::min(0.2 / of_a_step, 1000.0)); more > steps_of_a_rung)
    descent.seconds =
        std::min(descent.seconds, descend(model, 1e-3 * rung.learning_rate, more, [](std::size_t) {}).seconds);
  measured.seconds_gradient = descent.seconds;
  const double losses = static_cast<double>(rung.parameters) + 1;
  measured.seconds_differences = losses * measured.seconds_function;
  if (measured.seconds_differences < patience) {
    progress.at(name + ": finite differences");
    std::pair<std::size_t, double> taken;
    const double seconds = seconds_of([&] { taken = take_differences(model, here); });
    kept += taken.second;
    measured.seconds_differences = seconds * losses / static_cast<double>(taken.first);
    measured.differences_are_measured = taken.first == rung.parameters + 1;
  }
  if (kept != kept) throw std::runtime_error(name + ": a loss is not a number");
  measured.bytes = std::max(0.0, memory_peak() - before);
  static_cast<void>(model.loss());
  measured.cost = cost(model.tape(), downhill::SweepTo::sink);
  measured.prediction = predicted(measured.cost, machine.peaks);
}

Measured climbed(const Rung& rung, double most, const Machine& machine, Progress& progress) {
  Measured measured;
  measured.rung = rung;
  const double needed = rung.bytes_needed();
  if (const double there = std::min(most, available_memory().value_or(most)); needed > there) {
    measured.refusal =
        fmt::format("does not fit: it needs {:.2f} GB of memory, and {:.2f} GB are there", needed / 1e9, there / 1e9);
    return measured;
  }
  try {
    measure(measured, machine, progress);
  } catch (const std::bad_alloc&) {
    measured.refusal =
        fmt::format("does not fit: it needs {:.2f} GB of memory, and the system does not give them", needed / 1e9);
  }
  return measured;
}

}  // namespace

bool climb(const Options& options) {
  for (const std::string& file : {options.svg, options.html})
    if (!file.empty()) downhill::demand_writable(file);
  downhill::set_threads(static_cast<std::size_t>(options.threads));
  Progress progress;
  const Machine machine = measure_machine([&](const char* what) { progress.at(what); });
  const auto show = [&](const std::string& text) {
    progress.pause();
    if (options.json) return;
    fmt::print("{}", text);
    std::fflush(stdout);
  };
  show(table_head(machine, downhill::threads()));
  std::vector<Measured> all;
  bool fell = true;
  for (const Rung& rung : rungs(options.up_to)) {
    all.push_back(climbed(rung, options.memory, machine, progress));
    fell = fell && (!all.back().is_climbed() || all.back().loss_fell());
    show(table_row(all.back(), machine));
  }
  show(table_foot());
  if (options.json) fmt::print("{}\n", json_of(all, machine, downhill::threads()));
  const auto write = [&](const std::string& file, const auto& text_of) {
    if (file.empty()) return;
    downhill::write_file(file, text_of(all, machine, downhill::threads()));
    if (!options.json) fmt::print("\nwritten: {}\n", file);
  };
  write(options.svg, svg_of);
  write(options.html, page_of);
  return fell;
}

}  // namespace ladder
