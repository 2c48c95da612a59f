#pragma once
// What a tape does for its listener: gives handles out that leave the fast path, and records their steps one by one.
// See listener.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <autodiff/variable.hpp>

namespace downhill {

template <class T>
void Tape<T>::listen(Listener<T>* listener) {
  if (listener != nullptr && listener_ != nullptr) misuse::already_heard();
  listener_ = listener;
  seal();
}

template <class T>
std::uint64_t Tape<T>::record_heard(std::string_view label, const T& value, std::span<const StepOperand<T>> operands) {
  std::byte* at = room_for_edges(operands.size());
  const std::size_t result = slots();
  if (listener_ != nullptr) listener_->step(result, label, value, operands);
  std::size_t edges = 0;
  for (const StepOperand<T>& operand : operands)
    if (!operand.is_plain()) {
      at = Stream::put(at, operand.number, operand.slot);
      ++edges;
    }
  finish(next_, at, edges);
  seal();
  return Identity::shared(generations_.current(), result);
}

template <class T>
Var<T> Tape<T>::handle(const T& value, std::uint64_t id) {
  return listener_ == nullptr ? Var<T>(this, value, id) : heard_handle(value, id);
}

template <class T>
Var<T> Tape<T>::heard_handle(const T& value, std::uint64_t id) {
  heard_.push_front({this, id & ~Identity::owned_bit});
  return Var<T>(nullptr, value, heard_.front().as_identity());
}

template <class T>
Var<T> Tape<T>::heard(const Var<T>& x) {
  const std::size_t slot = x.slot();
  if (x.tape() != this) misuse::foreign_variable("heard");
  check(x.identity());
  x.disown();
  if (listener_ != nullptr) listener_->variable(slot, x.value_);
  return handle(x.value_, x.identity());
}

}  // namespace downhill
