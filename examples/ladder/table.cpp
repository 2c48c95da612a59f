#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include <autodiff/inspect/pictures/growth.hpp>
#include <autodiff/text/counted.hpp>

#include "ladder.hpp"

namespace ladder {
namespace {

constexpr std::string_view heads =
    "{:>13} {:>9} {:>9} {:>6} {:>7} {:>15} {:>11} {:>8} {:>9} {:>5} {:>7} {:>5}  {:<22} {}\n";

// 2,100,054,321
std::string with_commas(std::size_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace

std::string table_head(const Machine& machine, std::size_t threads) {
  return fmt::format(
             "One procedure of descent, from a line to a network that fills the memory: {} steps of gradient\n"
             "descent in float. This machine, with {}: {:.1f} GFLOP/s (a product of matrices), {:.1f} GB/s (the\n"
             "triad of STREAM). A gradient is the loss, its gradient and the step, which are one.\n\n",
             steps_of_a_rung, downhill::counted(threads, "thread"), machine.operations / 1e9, machine.bytes / 1e9) +
         fmt::format(heads, "parameters", "function", "gradient", "ratio", "counted", "predicted", "differences",
                     "bytes/", "GFLOP/s", "of", "GB/s", "of", "loss", "network, and what it learns") +
         fmt::format(heads, "", "", "", "", "", "function, step", "", "param.", "", "peak", "", "peak", "", "");
}

std::string table_row(const Measured& measured, const Machine& machine) {
  const Rung& rung = measured.rung;
  if (!measured.is_climbed()) return fmt::format("{:>13}  {}\n", with_commas(rung.parameters), measured.refusal);
  const auto parameters = static_cast<double>(rung.parameters);
  const auto percent = [](double part) { return fmt::format("{:.0f} %", 100 * part); };
  // Where the weights stay in a cache, or are not a matrix, what is moved says nothing.
  const bool from_memory = parameters >= 1e7;
  return fmt::format(
      fmt::runtime(heads), with_commas(rung.parameters), downhill::inspect::duration_text(measured.seconds_function),
      downhill::inspect::duration_text(measured.seconds_gradient),
      fmt::format("{:.1f}", measured.seconds_gradient / measured.seconds_function),
      measured.cost.ratio() > 0 ? fmt::format("{:.1f}", measured.cost.ratio()) : "-",
      fmt::format("{:.2f}, {:.2f}", measured.prediction.forward / measured.seconds_function,
                  measured.predicted_gradient() / measured.seconds_gradient),
      (measured.differences_are_measured ? "" : "~") + downhill::inspect::duration_text(measured.seconds_differences),
      measured.bytes > 0 && parameters >= 1e5 ? fmt::format("{:.2f}", measured.bytes / parameters) : "-",
      fmt::format("{:.2f}", measured.operations_a_second() / 1e9),
      percent(measured.operations_a_second() / machine.operations),
      from_memory ? fmt::format("{:.1f}", measured.bytes_a_second() / 1e9) : "-",
      from_memory ? percent(measured.bytes_a_second() / machine.bytes) : "-",
      fmt::format("{:.3g} to {:.3g}{}", measured.losses.front(), measured.losses.back(),
                  measured.loss_fell() ? "" : " ROSE"),
      fmt::format("{}, {}", rung.name, rung.data));
}

std::string table_foot() {
  return "\nCounted: the ratio by operations, of which Griewank's bound is 3 to 5. Predicted: the time that counting\n"
         "operations and bytes gives, over that measured. Differences: n + 1 losses; with ~ extrapolated from the\n"
         "time of one. GB/s: weights read twice and written once.\n";
}

std::string json_of(const std::vector<Measured>& rungs, const Machine& machine, std::size_t threads) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Measured& measured : rungs) {
    const Rung& rung = measured.rung;
    nlohmann::ordered_json one{{"name", rung.name},
                               {"parameters", rung.parameters},
                               {"samples", rung.samples},
                               {"data", rung.data},
                               {"threads", threads},
                               {"fits", measured.is_climbed()},
                               {"bytes_needed", rung.bytes_needed()},
                               {"losses", measured.losses}};
    if (measured.is_climbed()) {
      one["seconds_function"] = measured.seconds_function;
      one["seconds_gradient"] = measured.seconds_gradient;
      one["ratio"] = measured.seconds_gradient / measured.seconds_function;
      one["seconds_differences"] = measured.seconds_differences;
      one["differences_measured"] = measured.differences_are_measured;
      one["predicted_function"] = measured.prediction.forward;
      one["predicted_gradient"] = measured.predicted_gradient();
      one["operations_function"] = measured.cost.forward().operations;
      one["operations_gradient"] = measured.cost.forward().operations + measured.cost.reverse().operations;
      one["ratio_operations"] = measured.cost.ratio();
      one["bytes"] = measured.bytes;
      one["bytes_per_parameter"] = measured.bytes / static_cast<double>(rung.parameters);
      one["operations_per_second"] = measured.operations_a_second();
      one["bytes_per_second"] = measured.bytes_a_second();
    } else {
      one["refusal"] = measured.refusal;
    }
    one["peak_operations_per_second"] = machine.operations;
    one["peak_bytes_per_second"] = machine.bytes;
    list.push_back(std::move(one));
  }
  return list.dump(2);
}

}  // namespace ladder
