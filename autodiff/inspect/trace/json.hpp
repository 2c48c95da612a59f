#pragma once
/// \file
/// A record as a JSON document, for other programs: docs/trace.schema.json says what is in it.
///
///     {"format": "downhill-trace", "version": 1, "number": "double", "result": {"step": 3, "slot": 4}, "left_out": 0,
///      "steps": [{"kind": "operation", "slot": 2, "count": 1, "shape": null, "label": "*", "name": "",
///                 "operands": [{"slot": 0, "count": 1, "step": 0, "name": "w", "shape": null, "value": 3, "slope": 2},
///                              {"slot": null, "value": 2, ...}],
///                 "values": [6], "adjoints": [1], "summary": null, "source": null, "opened": null}, ...],
///      "sweep": [{"step": 3, "contributions": [{"operand": 0, "flow": [2], "before": [0], "after": [2]}]}, ...]}
///
/// Steps are in the order in which they were recorded, and refer to each other by their index; a plain number has no
/// slot. JSON has no NaN and no infinities: they are the strings "NaN", "Infinity" and "-Infinity". Every other number
/// is written so that reading it gives the same double. A byte of a name that is not UTF-8 becomes U+FFFD. Where a
/// block has more elements than the options allow, its arrays are null, and "summary" has the count, how many are not
/// finite, and the mean, least and largest of those that are.

#include <cstddef>
#include <string>

#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// How much of a record is written.
struct JsonOptions {
  std::size_t most_elements = 1024;  // of one array
};

/// The record as JSON, by docs/trace.schema.json.
std::string json(const Record& record, const JsonOptions& options = {});

}  // namespace downhill::inspect
