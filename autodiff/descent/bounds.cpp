#include <autodiff/descent/bounds.hpp>

#include <fmt/format.h>

#include <limits>

#include <autodiff/error.hpp>

namespace downhill {
namespace {

std::vector<double> for_each_of(std::size_t parameters, std::span<const double> bounds, double otherwise,
                                std::string_view method, std::string_view which) {
  if (bounds.size() <= 1) return std::vector<double>(parameters, bounds.empty() ? otherwise : bounds[0]);
  if (bounds.size() != parameters)
    throw ShapeError(fmt::format("{}: {} {} bounds for {} parameters; give none, one or {}", method, bounds.size(),
                                 which, parameters, parameters));
  return {bounds.begin(), bounds.end()};
}

}  // namespace

Bounds::Bounds(std::string_view method, std::span<const double> lower, std::span<const double> upper,
               std::size_t parameters)
    : method_(method) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  lower_ = for_each_of(parameters, lower, -infinity, method, "lower");
  upper_ = for_each_of(parameters, upper, infinity, method, "upper");
  for (std::size_t i = 0; i < parameters; ++i)
    if (!(lower_[i] <= upper_[i]))
      throw OptionError(fmt::format("{}: the lower bound {} of parameter {} is not below the upper one, {}", method,
                                    lower_[i], i, upper_[i]));
}

void Bounds::admit(std::span<const double> start) const {
  for (std::size_t i = 0; i < start.size(); ++i) {
    if (!(start[i] >= lower_[i] && start[i] <= upper_[i]))
      throw OptionError(
          fmt::format("{}: start[{}] is {}, outside its bounds [{}, {}]", method_, i, start[i], lower_[i], upper_[i]));
  }
}

}  // namespace downhill
