#include <autodiff/cost/ledger.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autodiff/text/table.hpp>

namespace downhill {
namespace {

double weighed(const Work& work) { return work.operations + operations_of_a_function * work.functions; }

// Three digits and a unit of a thousand, a million, ...
std::string short_text(double number) {
  constexpr std::array units{"", " k", " M", " G", " T", " P", " E"};
  std::size_t unit = 0;
  for (; number >= 999.5 && unit + 1 < units.size(); ++unit) number /= 1000;
  return fmt::format("{:.3g}{}", number, units[unit]);
}
std::string seconds_text(double seconds) {
  if (seconds < 999.5e-9) return fmt::format("{:.3g} ns", 1e9 * seconds);
  if (seconds < 999.5e-6) return fmt::format("{:.3g} us", 1e6 * seconds);
  return seconds < 0.9995 ? fmt::format("{:.3g} ms", 1e3 * seconds) : fmt::format("{:.3g} s", seconds);
}

// On logarithmic scales between two sizes; before the first and behind the last as there.
double rate_at(const std::vector<Peaks::Rate>& rates, double size) {
  if (rates.empty()) return std::numeric_limits<double>::infinity();
  const auto above = std::ranges::find_if(rates, [&](const Peaks::Rate& rate) { return rate.size >= size; });
  if (above == rates.begin()) return rates.front().per_second;
  if (above == rates.end()) return rates.back().per_second;
  const Peaks::Rate &low = *std::prev(above), &high = *above;
  const double part = std::log(size / low.size) / std::log(high.size / low.size);
  return low.per_second * std::pow(high.per_second / low.per_second, part);
}

// What is written is read before, as far as so much is read.
double seconds_of_bytes(const Work& work, double touched, const Peaks& peaks) {
  return std::max(work.read - work.written, 0.0) / rate_at(peaks.read, touched) +
         2 * work.written / rate_at(peaks.moved, touched);
}

// The instructions of a program are no blocks: they run for many samples at once.
double seconds_of(const CostLine& line, const Work& work, double touched, bool are_blocks, const Peaks& peaks) {
  const double bytes = seconds_of_bytes(work, touched, peaks);
  const double blocks = are_blocks ? static_cast<double>(line.count) : 0;
  if (!line.knows_forward) return std::max(bytes, work.operations / 2 * peaks.seconds_of_an_edge);
  if (work.operations + work.functions + work.read + work.written == 0) return 0;
  const bool is_product = line.product[1] > 0;
  const double narrowest = is_product ? static_cast<double>(*std::ranges::min_element(line.product)) : 1;
  const double arithmetic = work.operations / rate_at(peaks.operations, narrowest);
  return std::max(arithmetic, bytes) + work.functions * peaks.seconds_of_a_function + blocks * peaks.seconds_of_a_block;
}

}  // namespace

Work Cost::forward() const {
  Work sum;
  for (const CostLine& line : lines) sum += line.forward;
  return sum;
}
Work Cost::reverse() const {
  Work sum;
  for (const CostLine& line : lines) sum += line.reverse;
  return sum;
}
bool Cost::is_complete() const {
  return std::ranges::all_of(lines, [](const CostLine& line) { return line.knows_forward && line.is_complete; });
}
double Cost::ratio() const {
  double function = 0, sweep = 0;
  for (const CostLine& line : lines)
    if (line.knows_forward) function += weighed(line.forward), sweep += weighed(line.reverse);
  return function > 0 ? 1 + sweep / function : 0;
}
CostLine& Cost::line(std::string_view kind, const std::array<std::size_t, 3>& product) {
  for (CostLine& known : lines)
    if (known.kind == kind && known.product == product) return known;
  lines.push_back({.kind = std::string(kind), .product = product});
  return lines.back();
}

Prediction predicted(const Cost& cost, const Peaks& peaks) {
  const Work forward = cost.forward();
  const double touched = forward.read + forward.written;
  Prediction seconds;
  for (const CostLine& line : cost.lines) {
    seconds.forward += line.knows_forward ? seconds_of(line, line.forward, touched, cost.blocks > 0, peaks)
                                          : line.reverse.operations / 2 * peaks.seconds_of_an_edge;
    seconds.reverse += seconds_of(line, line.reverse, touched, cost.blocks > 0, peaks);
  }
  return seconds;
}

std::string cost_table(const Cost& cost, const CostBeside& beside) {
  std::vector<TableRow> rows;
  rows.push_back({"", "", "forward:", "", "", "", "reverse:", "", "", ""});
  rows.push_back(
      {"", "count", "operations", "functions", "read", "written", "operations", "functions", "read", "written"});
  const auto add = [&](std::string name, std::string count, const Work& forward, const Work& reverse,
                       bool knows_forward) {
    rows.push_back({std::move(name), std::move(count), knows_forward ? short_text(forward.operations) : "?",
                    knows_forward ? short_text(forward.functions) : "?", short_text(forward.read),
                    short_text(forward.written), short_text(reverse.operations), short_text(reverse.functions),
                    short_text(reverse.read), short_text(reverse.written)});
  };
  bool knows_all = true, is_complete = true;
  for (const CostLine& line : cost.lines) {
    const auto& [n, k, m] = line.product;
    add((k > 0 ? fmt::format("{} {} x {} x {}", line.kind, n, k, m) : line.kind) + (line.is_complete ? "" : " *"),
        fmt::format("{}", line.count), line.forward, line.reverse, line.knows_forward);
    knows_all = knows_all && line.knows_forward;
    is_complete = is_complete && line.is_complete;
  }
  add("together", "", cost.forward(), cost.reverse(), knows_all);
  constexpr std::array columns{Align::left, Align::right};
  std::string text = aligned_text(rows, columns) + "\n";
  text += "read, written: bytes";
  if (cost.adjoint_bytes > 0)
    text += fmt::format("; the tape has {} of statements, and the sweep {} of adjoints", short_text(cost.tape_bytes),
                        short_text(cost.adjoint_bytes));
  text += '\n';
  if (!is_complete) text += "* takes at least so much: it does not say more\n";
  if (!knows_all)
    text +=
        "? not known: of scalars a tape holds slopes, two operations for each in the sweep, and not how they came\n";
  if (const double ratio = cost.ratio(); ratio > 0)
    text += fmt::format(
        "function and gradient over function, by operations, {} for a function: {:.2f} (Griewank: 3 to 5)\n",
        operations_of_a_function, ratio);
  const auto compare = [&](std::string_view what, double measured, double expected) {
    if (measured <= 0 && expected <= 0) return;
    text += fmt::format("{}:", what);
    if (measured > 0) text += fmt::format(" {} measured", seconds_text(measured));
    if (expected > 0) text += fmt::format("{} {} predicted", measured > 0 ? "," : "", seconds_text(expected));
    if (measured > 0 && expected > 0) text += fmt::format(", {:.2f} times that", measured / expected);
    text += '\n';
  };
  compare("function", beside.measured_forward, beside.predicted.forward);
  compare("function and gradient", beside.measured_total,
          beside.predicted.reverse > 0 ? beside.predicted.forward + beside.predicted.reverse : 0);
  return text;
}

}  // namespace downhill
