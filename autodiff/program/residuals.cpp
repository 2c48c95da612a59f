#include <autodiff/program/residuals.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <autodiff/program/misuse.hpp>

namespace downhill {

namespace {

using program_detail::Instructions, program_detail::Place, program_detail::ProgramState;
constexpr std::string_view operation = "residuals_over";

// The function of a program, with its parameters as the first numbers of a sample.
class OfSamplesAlone final : public program_detail::RecordedFunction<double> {
 public:
  explicit OfSamplesAlone(std::shared_ptr<ProgramState<double>> program) : program_(std::move(program)) {}

  Instructions<double> record(std::span<const double>, std::span<const double> sample) override {
    return moved(program_->function().record(sample.first(parameters()), sample.subspan(parameters())));
  }
  std::optional<Instructions<double>> record() override {
    std::optional<Instructions<double>> recorded = program_->function().record();
    if (recorded) recorded = moved(*recorded);
    return recorded;
  }
  double on_tape(std::span<const double>, std::span<const double> sample, std::size_t result, double, std::span<double>,
                 std::span<double> of_sample) override {
    std::ranges::fill(of_sample, 0.0);
    return program_->function().on_tape(sample.first(parameters()), sample.subspan(parameters()), result, 1,
                                        of_sample.first(std::min(of_sample.size(), parameters())), {});
  }

 private:
  std::size_t parameters() const { return program_->parameters(); }
  Instructions<double> moved(const Instructions<double>& recorded) const {
    using namespace program_detail;
    Instructions<double> moved;
    for (Place i = 0; i < recorded.size(); ++i) {
      const Instruction& instruction = recorded[i];
      if (recorded.is_constant(i))
        moved.add_constant(recorded.constant(i));
      else if (instruction.code == code_of<ParameterNumber>)
        moved.add_sample_number(instruction.first);
      else if (instruction.code == code_of<SampleNumber>)
        moved.add_sample_number(parameters() + instruction.first);
      else
        moved.add(instruction.code, recorded.operands(i));
    }
    for (const Guard& guard : recorded.guards()) moved.add_guard(guard);
    for (const Place result : recorded.results()) moved.add_result(result);
    return moved;
  }

  std::shared_ptr<ProgramState<double>> program_;
};

std::shared_ptr<ProgramState<double>> of_samples_alone(const std::shared_ptr<ProgramState<double>>& state) {
  if (state->parameters() == 0) misuse::no_parameters(operation);
  return std::make_shared<ProgramState<double>>(std::make_unique<OfSamplesAlone>(state), 0,
                                                state->parameters() + state->per_sample(), state->options(),
                                                state->results());
}

}  // namespace

ResidualsOver::ResidualsOver(std::shared_ptr<ProgramState<double>> state, program_detail::Columns<double> columns)
    : state_(std::move(state)),
      of_samples_(of_samples_alone(state_)),
      columns_(std::move(columns)),
      runner_(state_),
      of_samples_runner_(of_samples_),
      point_(state_->parameters()) {
  if (size() == 0) misuse::no_samples(operation);
  with_parameters_ = {
      .samples = columns_.samples, .is_row_major = columns_.is_row_major, .same_for_all = point_.size()};
  with_parameters_.columns.resize(point_.size(), {.step = 0});
  with_parameters_.columns.insert(with_parameters_.columns.end(), columns_.columns.begin(), columns_.columns.end());
}

void ResidualsOver::demand(std::string_view what, std::size_t parameters, std::size_t values) const {
  if (parameters != point_.size()) misuse::wrong_parameters(what, point_.size(), parameters);
  if (values != size()) misuse::different_sizes(what, size(), values);
}

void ResidualsOver::values(std::span<const double> point, std::span<double> into) {
  demand(operation, point.size(), into.size());
  runner_(point, columns_, {columns_.samples}, {.values = into.data()});
}

void ResidualsOver::jacobian(std::span<const double> point, std::span<double> into) {
  demand(operation, point.size(), size());
  if (into.size() != size() * point.size())
    misuse::wrong_gradient("residuals_over, jacobian", size() * point.size(), into.size());
  std::ranges::copy(point, point_.begin());
  for (std::size_t j = 0; j < point_.size(); ++j) with_parameters_.columns[j].numbers = &point_[j];
  of_samples_runner_({}, with_parameters_, {columns_.samples},
                     {.sample_gradients = into.data(), .gradient_numbers = point_.size()});
}

void ResidualsOver::vjp(std::span<const double> point, std::span<const double> v, std::span<double> into) {
  demand("residuals_over, vjp", point.size(), v.size());
  if (into.size() != point.size()) misuse::wrong_gradient("residuals_over, vjp", point.size(), into.size());
  std::ranges::fill(into, 0.0);
  runner_(point, columns_, {columns_.samples}, {.weights = v.data(), .gradient = into});
}

}  // namespace downhill
