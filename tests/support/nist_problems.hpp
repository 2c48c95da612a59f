#pragma once
// The 27 nonlinear regression problems of NIST's Statistical Reference Datasets, with certified answers:
// data/README.md. The data come from a file; the models are here, generic over their number type.

#include <cmath>
#include <cstddef>
#include <fstream>
#include <numbers>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace downhill::nist {

struct Data {
  std::string name, level;                  // lower, average or higher: how difficult NIST finds it
  std::vector<std::vector<double>> starts;  // two: one far from the answer, one near to it
  std::vector<double> certified;            // the parameters, to 11 digits
  double residual_sum_of_squares = 0;       // certified too, at those parameters
  std::vector<double> standard_deviations;  // of the parameters
  double residual_standard_deviation = 0;
  std::vector<double> y;               // what is fitted; for Nelson that is the logarithm of what was measured
  std::vector<std::vector<double>> x;  // one vector for each predictor
};

// ---- the models

// Named here for the plain numbers; those of active numbers are found by their arguments.
using std::atan, std::cos, std::exp, std::pow, std::sin;

template <class Function>
struct Model {
  std::string_view name;
  Function function;  // of the parameters b and of one observation's predictors, of any number type
};
template <class Function>
Model(const char*, Function) -> Model<Function>;

inline constexpr auto chwirut = [](const auto& b, const auto& x) { return exp(-b[0] * x) / (b[1] + b[2] * x); };
inline constexpr auto gauss = [](const auto& b, const auto& x) {
  const auto u = (x - b[3]) / b[4], v = (x - b[6]) / b[7];
  return b[0] * exp(-b[1] * x) + b[2] * exp(-u * u) + b[5] * exp(-v * v);
};
inline constexpr auto lanczos = [](const auto& b, const auto& x) {
  return b[0] * exp(-b[1] * x) + b[2] * exp(-b[3] * x) + b[4] * exp(-b[5] * x);
};
inline constexpr auto cubic_over_cubic = [](const auto& b, const auto& x) {
  return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])));
};
inline constexpr auto saturation = [](const auto& b, const auto& x) { return b[0] * (1 - exp(-b[1] * x)); };

/// In the order of the file.
inline constexpr std::tuple models{
    Model{"Chwirut1", chwirut},
    Model{"Chwirut2", chwirut},
    Model{"DanWood", [](const auto& b, const auto& x) { return b[0] * pow(x, b[1]); }},
    Model{"Gauss1", gauss},
    Model{"Gauss2", gauss},
    Model{"Lanczos3", lanczos},
    Model{"Misra1a", saturation},
    Model{"Misra1b", [](const auto& b, const auto& x) { return b[0] * (1 - pow(1 + b[1] * x / 2, -2)); }},
    Model{"ENSO",
          [](const auto& b, const auto& x) {
            const auto turn = 2 * std::numbers::pi * x;
            const auto u = turn / b[3], v = turn / b[6];
            return b[0] + b[1] * cos(turn / 12) + b[2] * sin(turn / 12) + b[4] * cos(u) + b[5] * sin(u) +
                   b[7] * cos(v) + b[8] * sin(v);
          }},
    Model{"Gauss3", gauss},
    Model{"Hahn1", cubic_over_cubic},
    Model{"Kirby2",
          [](const auto& b, const auto& x) { return (b[0] + x * (b[1] + x * b[2])) / (1 + x * (b[3] + x * b[4])); }},
    Model{"Lanczos1", lanczos},
    Model{"Lanczos2", lanczos},
    Model{"MGH17", [](const auto& b, const auto& x) { return b[0] + b[1] * exp(-x * b[3]) + b[2] * exp(-x * b[4]); }},
    Model{"Misra1c", [](const auto& b, const auto& x) { return b[0] * (1 - pow(1 + 2 * b[1] * x, -0.5)); }},
    Model{"Misra1d", [](const auto& b, const auto& x) { return b[0] * b[1] * x / (1 + b[1] * x); }},
    Model{"Nelson", [](const auto& b, const auto& x1, const auto& x2) { return b[0] - b[1] * x1 * exp(-b[2] * x2); }},
    Model{"Roszman1",
          [](const auto& b, const auto& x) { return b[0] - b[1] * x - atan(b[2] / (x - b[3])) / std::numbers::pi; }},
    Model{"Bennett5", [](const auto& b, const auto& x) { return b[0] * pow(b[1] + x, -1 / b[2]); }},
    Model{"BoxBOD", saturation},
    Model{"Eckerle4",
          [](const auto& b, const auto& x) {
            const auto u = (x - b[2]) / b[1];
            return b[0] / b[1] * exp(-0.5 * u * u);
          }},
    Model{"MGH09", [](const auto& b, const auto& x) { return b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]); }},
    Model{"MGH10", [](const auto& b, const auto& x) { return b[0] * exp(b[1] / (x + b[2])); }},
    Model{"Rat42", [](const auto& b, const auto& x) { return b[0] / (1 + exp(b[1] - b[2] * x)); }},
    Model{"Rat43", [](const auto& b, const auto& x) { return b[0] / pow(1 + exp(b[1] - b[2] * x), 1 / b[3]); }},
    Model{"Thurber", cubic_over_cubic},
};

/// visit(index, model) for every model.
template <class Visit>
void for_each_model(Visit&& visit) {
  std::apply(
      [&](const auto&... model) {
        std::size_t index = 0;
        (visit(index++, model), ...);
      },
      models);
}

/// The residuals of one problem, y_i - model(x_i; b), of the number type of b. One type for all problems, so that what
/// is called with it is compiled once for each number type and not once for each problem.
class Residuals {
 public:
  Residuals(const Data& data, std::size_t model) : data_(&data), model_(model) {}

  template <class Parameters>
  auto operator()(const Parameters& b) const {
    std::vector<std::remove_cvref_t<decltype(b[0])>> residuals;
    residuals.reserve(data_->y.size());
    for_each_model([&](std::size_t index, const auto& model) {
      if (index != model_) return;
      for (std::size_t i = 0; i < data_->y.size(); ++i) {
        if constexpr (requires { model.function(b, 0.0, 0.0); })
          residuals.push_back(data_->y[i] - model.function(b, data_->x[0][i], data_->x[1][i]));
        else
          residuals.push_back(data_->y[i] - model.function(b, data_->x[0][i]));
      }
    });
    return residuals;
  }

 private:
  const Data* data_;
  std::size_t model_;
};

// ---- the problems

inline Data read_problem(const nlohmann::json& problem) {
  Data data;
  problem.at("name").get_to(data.name);
  problem.at("level").get_to(data.level);
  for (const char* start : {"start1", "start2"}) data.starts.push_back(problem.at(start).get<std::vector<double>>());
  for (const auto& text : problem.at("certified_text")) data.certified.push_back(std::stod(text.get<std::string>()));
  data.residual_sum_of_squares = std::stod(problem.at("rss_text").get<std::string>());
  for (const auto& text : problem.at("standard_deviations_text"))
    data.standard_deviations.push_back(std::stod(text.get<std::string>()));
  data.residual_standard_deviation = std::stod(problem.at("residual_standard_deviation_text").get<std::string>());
  problem.at("y").get_to(data.y);
  if (problem.value("response", "y") == "log(y)") {
    for (double& y : data.y) y = std::log(y);
  }
  problem.at("x").get_to(data.x);
  return data;
}

/// All problems, in the order of the file, which is read once. Throws if it cannot be read, and if its problems are not
/// exactly those of the models.
inline const std::vector<Data>& problems() {
  static const std::vector<Data> all = [] {
    const std::string path = DOWNHILL_TEST_DATA "/nist_strd_nonlinear.json";
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot open " + path);
    const auto contents = nlohmann::json::parse(file);
    std::vector<Data> read;
    for (const auto& problem : contents.at("problems")) read.push_back(read_problem(problem));
    for_each_model([&](std::size_t index, const auto& model) {
      if (index >= read.size() || read[index].name != model.name)
        throw std::runtime_error(path + ": problem " + std::to_string(index + 1) + " should be " +
                                 std::string(model.name));
    });
    if (read.size() > std::tuple_size_v<decltype(models)>)
      throw std::runtime_error(path + ": no model for " + read[std::tuple_size_v<decltype(models)>].name);
    return read;
  }();
  return all;
}

/// visit(data, residuals) for every problem. residuals(b) takes the parameters b as a vector or span of any number type
/// and returns a std::vector of that type.
template <class Visit>
void for_each(Visit&& visit) {
  for (std::size_t i = 0; i < problems().size(); ++i) visit(problems()[i], Residuals(problems()[i], i));
}

}  // namespace downhill::nist
