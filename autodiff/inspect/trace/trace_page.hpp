#pragma once
/// \file
/// A record as a page to step through: the graph beside the tape beside the formula, forward through the recording and
/// then backward through the sweep, with every sum of the chain rule written out in numbers.
///
///     inspect::write("loss.html", inspect::trace_page(trace.of(loss), {.title = "One neuron"}));
///
/// The page is one file, and loads nothing from elsewhere. It holds the record as the document of json.hpp, in a script
/// element of the type application/json; the scripts in the folder trace/page/ make the rest of it, in the browser.

#include <cstddef>
#include <string>

#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// What the page is called, and how much of a record is on it.
struct TracePageOptions {
  std::string title = "Inside a gradient";
  /// Of a block: with more, its summary is shown, and its elements are not on the page.
  std::size_t most_elements = 1024;
};

/// Names, labels and places may be any bytes: none becomes markup. Made for up to some 500 steps; of a record with more
/// than 2000, the page shows the tape and the sums, and no graph.
std::string trace_page(const Record& record, const TracePageOptions& options = {});

}  // namespace downhill::inspect
