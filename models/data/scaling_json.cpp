#include <models/data/scaling_json.hpp>

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include <autodiff/error.hpp>
#include <autodiff/tape/misuse.hpp>

namespace downhill {

using Json = nlohmann::json;

std::string to_json(const NamedScaling& scaling) {
  const std::vector<Scaling>& columns = scaling.scaling.columns;
  if (columns.size() != scaling.names.size())
    misuse::different_sizes("to_json, columns and names", columns.size(), scaling.names.size());
  Json json = Json::array();
  for (std::size_t i = 0; i < columns.size(); ++i)
    json.push_back({{"name", scaling.names[i]}, {"mean", columns[i].mean}, {"scale", columns[i].scale}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // names from a table may be no UTF-8
}

NamedScaling scaling_from_json(std::string_view text, std::string_view source) {
  const auto fail = [&](std::string_view why) {
    throw DataError(fmt::format("{}: the scaling cannot be read: {}", source, why));
  };
  try {
    NamedScaling scaling;
    for (const Json& column : Json::parse(text)) {
      const Scaling of{column.at("mean").get<double>(), column.at("scale").get<double>()};
      if (!std::isfinite(of.mean) || !(of.scale > 0) || !std::isfinite(of.scale))
        fail(fmt::format("column {} has the mean {} and the scale {}", scaling.names.size() + 1, of.mean, of.scale));
      scaling.names.push_back(column.at("name").get<std::string>());
      scaling.scaling.columns.push_back(of);
    }
    return scaling;
  } catch (const Json::exception& error) {
    fail(error.what());
    throw;
  }
}

}  // namespace downhill
