#pragma once
/// \file
/// The scaling of a table's columns as JSON text, to be saved in the metadata of a network that learned from them:
///
///     save(network, "digits.safetensors", {{"downhill.inputs", to_json({names, scaling})}});
///     const auto inputs = scaling_from_json(file.metadata().at("downhill.inputs"), file.source());

#include <string>
#include <string_view>
#include <vector>

#include <models/data/dataset.hpp>

namespace downhill {

/// A scaling, and the names of the columns that it is for.
struct NamedScaling {
  std::vector<std::string> names;
  TableScaling scaling;
};

/// [{"name": "x", "mean": 0.5, "scale": 2.0}, ...]. Numbers read back as the same double. Throws ShapeError unless
/// there is a name for each column.
std::string to_json(const NamedScaling& scaling);
/// Throws DataError where the text is no scaling: a scale is positive, and all numbers are finite. `source` stands for
/// the file in messages.
NamedScaling scaling_from_json(std::string_view text, std::string_view source);

}  // namespace downhill
