#pragma once
/// \file
/// A record as a graph, for Graphviz: `dot -Tsvg graph.dot > graph.svg`. A node is a step with its value and its
/// adjoint, an edge carries the slope. Plain numbers are dashed, variables are boxes. Steps of one scope (Trace::here)
/// share a frame.

#include <cstddef>
#include <string>

#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// How much of a record is drawn.
struct DotOptions {
  /// The last ones are drawn, nearest to the result, and the variables that they use; one node stands for the rest.
  std::size_t most_steps = 200;
  /// Of each step; one more edge stands for the rest.
  std::size_t most_operands = 16;
};

/// In the language of Graphviz (https://graphviz.org/doc/info/lang.html).
std::string dot(const Record& record, const DotOptions& options = {});

}  // namespace downhill::inspect
