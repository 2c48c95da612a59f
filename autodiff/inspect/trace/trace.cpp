#include <autodiff/inspect/trace/trace.hpp>

#include <algorithm>

#include <autodiff/dual.hpp>
#include <autodiff/inspect/trace/source.hpp>

namespace downhill::inspect {

template <class T>
Trace<T>::Trace(Tape<T>& tape, const TraceOptions& options) : tape_(tape), options_(options) {
  tape_.listen(this);
}

template <class T>
Here Trace<T>::here(std::string_view label, const char* file, std::size_t line, const char* function) {
  // The places of a program are few, and a loop comes to the same ones again.
  const Source place{file, function, std::string(label), line};
  const auto known = std::ranges::find(places_, place);
  const auto scope = static_cast<std::size_t>(known - places_.begin());
  if (known == places_.end()) places_.push_back(place);
  return Here(scopes_, scope);
}

template <class T>
auto Trace<T>::add(std::size_t slot, std::size_t count) -> Note& {
  Note& note = notes_.emplace_back();
  note.slot = slot, note.count = count;
  if (!scopes_.empty()) note.scope = scopes_.back();
  note.first_operand = operands_.size(), note.first_frame = frames_.size();
  if (options_.sources) append_frames(frames_);
  note.frames = frames_.size() - note.first_frame;
  return note;
}

template <class T>
void Trace<T>::step(std::size_t result, std::string_view label, const T& value,
                    std::span<const StepOperand<T>> operands) {
  Note& note = add(result, 1);
  note.label = label, note.values = {value}, note.operands = operands.size();
  operands_.insert(operands_.end(), operands.begin(), operands.end());
}

template <class T>
void Trace<T>::block(const Block<T>&, std::size_t first_result, std::size_t results) {
  add(first_result, results);
}

template <class T>
void Trace<T>::block_values(std::size_t first_result, std::span<const T> values) {
  if (!notes_.empty() && notes_.back().slot == first_result) notes_.back().values.assign(values.begin(), values.end());
}

template <class T>
void Trace<T>::rewound(std::size_t slots) {
  variables_.erase(variables_.lower_bound(slots), variables_.end());
  while (!notes_.empty() && notes_.back().slot >= slots) {
    operands_.resize(notes_.back().first_operand);
    frames_.resize(notes_.back().first_frame);
    notes_.pop_back();
  }
}

template <class T>
auto Trace<T>::find(std::size_t slot) const -> const Note* {
  const auto behind = std::upper_bound(notes_.begin(), notes_.end(), slot,
                                       [](std::size_t wanted, const Note& note) { return wanted < note.slot; });
  if (behind == notes_.begin()) return nullptr;
  const Note& note = *(behind - 1);
  return slot - note.slot < note.count ? &note : nullptr;
}

template <class T>
Source Trace<T>::source_of(const Note& note) const {
  Source source = source_of_frames(std::span(frames_).subspan(note.first_frame, note.frames));
  if (note.scope == nowhere) return source;
  const Source& place = places_[note.scope];
  if (!source.is_known()) return place;
  source.scope = place.scope;
  return source;
}

template class Trace<double>;
template class Trace<float>;
template class Trace<Dual<double>>;

}  // namespace downhill::inspect
