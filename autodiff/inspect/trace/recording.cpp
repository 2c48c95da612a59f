#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/inspect/trace/trace.hpp>

namespace downhill::inspect {
namespace {

// The primal, as a double.
template <class T>
double plain(const T& x) {
  if constexpr (AnyDual<T>)
    return plain(x.value());
  else
    return static_cast<double>(x);
}

}  // namespace

// How a record is made: one walk over the tape, backwards, in which the sweep is done statement by statement, by the
// same code that sweeps a whole tape. What is not needed for the result is passed over.
template <class T>
class Recording {
 public:
  Recording(const Tape<T>& tape, const Trace<T>* trace, const Var<T>& result, const RecordOptions& options)
      : Recording(tape, trace, std::vector<Seed<T>>{{result, T(1)}}, options) {}
  /// The sweep starts with these, the last of which is the result of the record.
  Recording(const Tape<T>& tape, const Trace<T>* trace, const std::vector<Seed<T>>& seeds, const RecordOptions& options)
      : tape_(tape),
        trace_(trace),
        options_(options),
        adjoint_(tape.slots(), T(0)),
        needed_(tape.slots(), false),
        is_result_(tape.slots(), false) {
    for (const Seed<T>& seed : seeds) {
      tape.gradient(seed.result, checked_);  // throws where the result is not one
      result_slot_ = seed.result.slot();
      adjoint_[result_slot_] = adjoint_[result_slot_] + seed.weight;
      needed_[result_slot_] = true;
    }
    tape.for_each_backwards(
        [&](std::size_t slot, std::span<const Edge<T>> edges) { statement(slot, edges); },
        [&](const Block<T>& made, std::size_t first, std::size_t count) { block(made, first, count); });
    add_variables();
  }

  Record take() {
    Record record;
    if constexpr (std::is_same_v<T, float>) record.number = "float";
    record.left_out = left_out_;
    record.result_slot = result_slot_;
    record.steps = std::move(variables_);
    std::move(steps_.rbegin(), steps_.rend(), std::back_inserter(record.steps));
    for (std::size_t i = 0; i < record.steps.size(); ++i) owner_[record.steps[i].slot] = i;
    record.result = owner(result_slot_);
    for (RecordedStep& step : record.steps) {
      step.name = name_of(step.slot);
      for (std::size_t i = 0; i < step.count; ++i) step.adjoints.push_back(plain(adjoint_[step.slot + i]));
      for (Operand& operand : step.operands) complete(operand, record);
    }
    for (Visit& visit : sweep_) visit.step = record.steps.size() - 1 - visit.step;
    record.sweep = std::move(sweep_);
    record.lacks_sources =
        trace_ != nullptr && trace_->options_.sources &&
        std::ranges::none_of(record.steps, [](const RecordedStep& step) { return step.source.is_known(); });
    return record;
  }

 private:
  using Note = typename Trace<T>::Note;

  bool is_needed(std::size_t first, std::size_t count) const {
    for (std::size_t slot = first; slot < first + count; ++slot)
      if (needed_[slot]) return true;
    return false;
  }

  void statement(std::size_t slot, std::span<const Edge<T>> edges) {
    const bool is_newest = !is_result_[slot];  // a sum that grew in its slot has more than one
    is_result_[slot] = true;
    if (!needed_[slot] && !options_.all) return void(++left_out_);
    RecordedStep step;
    step.slot = slot;
    if (const Note* const note = trace_ == nullptr ? nullptr : trace_->find(slot)) {
      step.kind = RecordedStep::Kind::operation;
      step.label = note->label;
      step.source = trace_->source_of(*note);
      step.values = {plain(note->values[0])};
      for (const StepOperand<T>& heard : std::span(trace_->operands_).subspan(note->first_operand, note->operands)) {
        Operand operand;
        if (heard.is_plain())
          operand.value = plain(heard.number);
        else
          operand.slot = heard.slot, operand.slope = plain(heard.number);
        step.operands.push_back(operand);
      }
    } else {
      step.kind = RecordedStep::Kind::untraced;
      step.label = "untraced";
      if (const T* const value = value_of(slot); value != nullptr && is_newest) step.values = {plain(*value)};
      for (const Edge<T>& edge : edges) {
        Operand operand;
        operand.slot = edge.parent, operand.slope = plain(T(edge.slope));
        step.operands.push_back(operand);
      }
    }
    Visit visit{steps_.size(), {}};
    const T arriving = adjoint_[slot];
    std::map<std::size_t, double> running;  // of operands that are given more than once
    for (std::size_t i = 0; i < step.operands.size(); ++i) {
      const Operand& operand = step.operands[i];
      if (operand.is_plain()) continue;
      const double before = running.emplace(operand.slot, plain(adjoint_[operand.slot])).first->second;
      const double flow = is_zero(arriving) ? 0 : flow_of(*operand.slope, arriving);
      running[operand.slot] = before + flow;
      visit.contributions.push_back({i, {flow}, {before}, {before + flow}});
    }
    const auto* const begin = reinterpret_cast<const std::byte*>(edges.data());
    reverse_sweep<T>(begin, begin + edges.size_bytes() + sizeof(Trailer<T>), adjoint_.data());
    for (auto last = visit.contributions.rbegin(); last != visit.contributions.rend(); ++last) {
      const std::size_t parent = step.operands[last->operand].slot;
      needed_[parent] = true;
      if (running.erase(parent) > 0) last->after[0] = plain(adjoint_[parent]);  // to the bit, as the sweep rounds it
    }
    keep(std::move(step), std::move(visit));
  }
  static double flow_of(double slope, const T& arriving) { return plain(T(T(slope) * arriving)); }

  void block(const Block<T>& made, std::size_t first, std::size_t count) {
    for (std::size_t slot = first; slot < first + count; ++slot) is_result_[slot] = true;
    if (!is_needed(first, count) && !options_.all) return void(++left_out_);
    RecordedStep step;
    step.kind = RecordedStep::Kind::block;
    step.slot = first, step.count = count, step.label = made.name();
    step.shape = fitting(made.shape(), count);
    if (const Note* const note = trace_ == nullptr ? nullptr : trace_->find(first)) {
      step.source = trace_->source_of(*note);
      for (const T& value : note->values) step.values.push_back(plain(value));
    }
    add_runs(made, step);
    Visit visit{steps_.size(), {}};
    for (std::size_t i = 0; i < step.operands.size(); ++i)
      if (!step.operands[i].is_plain()) visit.contributions.push_back({i, {}, adjoints(step.operands[i]), {}});
    made.pull_back(first, adjoint_.data());
    for (Contribution& given : visit.contributions) {
      const Operand& operand = step.operands[given.operand];
      given.after = adjoints(operand);
      for (std::size_t i = 0; i < operand.count; ++i) given.flow.push_back(given.after[i] - given.before[i]);
      std::fill_n(needed_.begin() + static_cast<std::ptrdiff_t>(operand.slot), operand.count, true);
      if (operand.count > 1)
        if (Operand& group = groups_[operand.slot]; group.count < operand.count) group = operand;
    }
    add_slopes(made, step);
    open(made, step, visit);
    keep(std::move(step), std::move(visit));
  }

  // Takes the steps of one sample on a tape: its results that depend on something, and what arrives at them.
  std::vector<Seed<T>> opened(const RecordedStep& step, const Block<T>& made, std::size_t sample, Tape<T>& tape,
                              bool& is_finite_forward) const {
    std::vector<Var<T>> results;
    made.open(sample, tape, results);
    const std::size_t first = step.count == made.samples() * results.size() ? sample * results.size() : 0;
    std::vector<Seed<T>> seeds;
    for (std::size_t k = 0; k < results.size(); ++k) {
      is_finite_forward = is_finite_forward && is_finite(results[k].value());
      if (results[k].is_active()) seeds.push_back({results[k], adjoint_[step.slot + first + k]});
    }
    return seeds;
  }
  void open(const Block<T>& made, RecordedStep& step, const Visit& visit) const {
    if (made.samples() == 0) return;
    const std::size_t sample =
        std::min(options_.sample.value_or(first_bad_sample(made, step, visit)), made.samples() - 1);
    Tape<T> tape;
    const Trace<T> trace(tape);
    bool is_finite_forward = true;
    const std::vector<Seed<T>> seeds = opened(step, made, sample, tape, is_finite_forward);
    if (seeds.empty()) return;
    step.opened =
        Opened{made.samples(), sample, std::make_shared<const Record>(Recording(tape, &trace, seeds, options_).take())};
  }
  // The first with something that is not finite, otherwise the first.
  std::size_t first_bad_sample(const Block<T>& made, const RecordedStep& step, const Visit& visit) const {
    bool is_finite_outside = first_not_finite(step.values) == nowhere;
    for (const Contribution& to : visit.contributions)
      is_finite_outside = is_finite_outside && first_not_finite(to.flow) == nowhere;
    Tape<T> tape;
    Gradient<T> swept;
    for (std::size_t sample = 0; sample < made.samples() && !is_finite_outside; ++sample) {
      tape.clear();
      bool is_finite_forward = true;
      const std::vector<Seed<T>> seeds = opened(step, made, sample, tape, is_finite_forward);
      if (!is_finite_forward) return sample;
      if (seeds.empty()) continue;
      tape.gradient(std::span<const Seed<T>>(seeds), swept);
      if (!std::ranges::all_of(swept.adjoints(), [](const T& x) { return is_finite(x); })) return sample;
    }
    return 0;
  }
  static Shape fitting(const Shape& shape, std::size_t count) {
    return shape.rows * shape.columns == count ? shape : Shape{};
  }
  std::vector<double> adjoints(const Operand& operand) const {
    std::vector<double> taken;
    for (std::size_t i = 0; i < operand.count; ++i) taken.push_back(plain(adjoint_[operand.slot + i]));
    return taken;
  }
  // Runs that overlap, as views of one matrix may, are one operand: what flows into them cannot be told apart.
  static void add_runs(const Block<T>& made, RecordedStep& step) {
    const std::span<const Run> runs = made.parents();
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (runs[i].count > 0) order.push_back(i);
    std::ranges::sort(order, {}, [&](std::size_t i) { return runs[i].first; });
    std::map<std::size_t, Operand> joined;  // by the first run in it
    std::size_t end = 0;
    auto last = joined.end();
    for (const std::size_t i : order) {
      if (last != joined.end() && runs[i].first < end) {
        auto known = joined.extract(last);
        known.key() = std::min(known.key(), i);
        last = joined.insert(std::move(known)).position;
      } else {
        last = joined.try_emplace(i).first;
        last->second.slot = runs[i].first, last->second.count = 0;
      }
      Operand& operand = last->second;
      if (runs[i].count > operand.count) operand.shape = made.parent_shape(i);
      end = std::max(operand.slot + operand.count, runs[i].first + runs[i].count);
      operand.count = end - operand.slot;
    }
    const std::vector<typename Block<T>::Constant> constants = made.constants();
    auto constant = constants.begin();
    const auto add_constants = [&](std::size_t before) {
      for (; constant != constants.end() && constant->run <= before; ++constant) {
        Operand operand;
        operand.count = constant->elements.size(), operand.shape = constant->shape;
        if (operand.count == 1)
          operand.value = plain(constant->elements[0]);
        else
          for (const T& x : constant->elements) operand.values.push_back(plain(x));
        step.operands.push_back(std::move(operand));
      }
    };
    for (auto& [first, operand] : joined) {
      add_constants(first);
      operand.shape = fitting(operand.shape, operand.count);
      step.operands.push_back(operand);
    }
    add_constants(runs.size());
  }
  // Row by row of the Jacobian, each by pulling back an adjoint of 1.
  void add_slopes(const Block<T>& made, RecordedStep& step) {
    std::size_t parents = 0;
    const auto slots_of = [](const Operand& operand) { return operand.is_plain() ? 0 : operand.count; };
    for (const Operand& operand : step.operands) parents += slots_of(operand);
    if (parents > 0 && step.count > options_.most_block_slopes / parents) return;
    step.has_slopes = true;
    row_.resize(adjoint_.size(), T(0));
    for (std::size_t i = 0; i < step.count; ++i) {
      row_[step.slot + i] = T(1);
      made.pull_back(step.slot, row_.data());
      row_[step.slot + i] = T(0);
      for (std::size_t k = 0; k < step.operands.size(); ++k)
        for (std::size_t j = 0; j < slots_of(step.operands[k]); ++j)
          if (T& slope = row_[step.operands[k].slot + j]; !is_zero(slope))
            step.slopes.push_back({i, k, j, plain(std::exchange(slope, T(0)))});
    }
    if (step.count > 1) return;
    for (Operand& operand : step.operands)
      if (slots_of(operand) == 1) operand.slope = 0;
    for (const BlockSlope& one : step.slopes)
      if (step.operands[one.operand].count == 1) step.operands[one.operand].slope = one.slope;
  }

  void keep(RecordedStep step, Visit visit) {
    steps_.push_back(std::move(step));
    sweep_.push_back(std::move(visit));
  }

  // What is needed and was computed by nobody. The elements of a matrix are one step.
  void add_variables() {
    for (std::size_t slot = 0; slot < needed_.size();) {
      RecordedStep step;
      step.label = "variable", step.slot = slot;
      if (is_result_[slot] || !(needed_[slot] || options_.all)) {
        ++slot;
        continue;
      }
      if (const auto group = groups_.find(slot); group != groups_.end()) {
        step.count = group->second.count, step.shape = group->second.shape;
        if (std::find(is_result_.begin() + static_cast<std::ptrdiff_t>(slot),
                      is_result_.begin() + static_cast<std::ptrdiff_t>(slot + step.count),
                      true) != is_result_.begin() + static_cast<std::ptrdiff_t>(slot + step.count))
          step.count = 1, step.shape = {};
      }
      for (std::size_t i = 0; i < step.count; ++i)
        if (const T* const value = value_of(slot + i)) step.values.push_back(plain(*value));
      if (step.values.size() != step.count) step.values.clear();
      slot += step.count;
      variables_.push_back(std::move(step));
    }
  }
  // Of what was not computed while the trace heard it.
  const T* value_of(std::size_t slot) const {
    if (slot < tape_.parameters().size()) return &tape_.parameters()[slot];
    if (trace_ == nullptr) return nullptr;
    const auto found = trace_->variables_.find(slot);
    return found == trace_->variables_.end() ? nullptr : &found->second;
  }

  std::size_t owner(std::size_t slot) const { return std::prev(owner_.upper_bound(slot))->second; }
  void complete(Operand& operand, const Record& record) {
    if (operand.is_plain()) return;
    operand.step = owner(operand.slot);
    operand.name = name_of(operand.slot);
    const RecordedStep& made = record.steps[operand.step];
    if (operand.count == 1 && !made.values.empty()) operand.value = made.values[operand.slot - made.slot];
  }
  std::string name_of(std::size_t slot) {
    const auto [place, is_new] = names_.try_emplace(slot);
    if (is_new) place->second = tape_.name_of(slot);
    return place->second;
  }

  const Tape<T>& tape_;
  const Trace<T>* trace_;
  RecordOptions options_;
  Gradient<T> checked_;
  std::vector<T> adjoint_;
  std::vector<bool> needed_, is_result_;
  std::size_t result_slot_ = 0, left_out_ = 0;
  std::vector<RecordedStep> steps_, variables_;  // the newest first; in order
  std::vector<Visit> sweep_;
  std::map<std::size_t, Operand> groups_;
  std::map<std::size_t, std::size_t> owner_;  // the last step of a slot, by the first slot
  std::unordered_map<std::size_t, std::string> names_;
  std::vector<T> row_;
};

template <class T>
Record Trace<T>::of(const Var<T>& result, const RecordOptions& options) const {
  return Recording<T>(tape_, this, result, options).take();
}

template <class T>
Record record_of(const Tape<T>& tape, const Var<T>& result, const RecordOptions& options) {
  return Recording<T>(tape, nullptr, result, options).take();
}

template Record Trace<double>::of(const Var<double>&, const RecordOptions&) const;
template Record Trace<float>::of(const Var<float>&, const RecordOptions&) const;
template Record Trace<Dual<double>>::of(const Var<Dual<double>>&, const RecordOptions&) const;
template Record record_of(const Tape<double>&, const Var<double>&, const RecordOptions&);
template Record record_of(const Tape<float>&, const Var<float>&, const RecordOptions&);
template Record record_of(const Tape<Dual<double>>&, const Var<Dual<double>>&, const RecordOptions&);

}  // namespace downhill::inspect
