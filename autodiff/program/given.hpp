#pragma once
/// \file
/// Numbers that a program is given on a tape: vectors of Vars and plain numbers, or matrices.

#include <cstddef>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

#include <autodiff/matrix/recorder.hpp>
#include <autodiff/matrix/var_matrix.hpp>

namespace downhill::program_detail {

/// Numbers that a block was given, row after row, and their places on the tape: those of a matrix, or one by one.
template <class N>
struct Given {
  static constexpr std::size_t passive = matrix_detail::passive;

  const N* numbers = nullptr;
  Layout layout = {}, slot_layout = {};
  std::size_t first_slot = passive;
  std::span<const std::size_t> slots = {};  // of numbers that were given one by one
  bool is_active = false;

  bool is_matrix() const { return slots.empty(); }
  std::size_t size() const { return layout.size(); }
  static std::size_t at(const Layout& layout, std::size_t k) {
    return layout.at(k / layout.columns, k % layout.columns);
  }
  const N& operator[](std::size_t k) const { return numbers[at(layout, k)]; }
  std::size_t slot(std::size_t k) const {
    return !is_matrix() ? slots[k] : first_slot == passive ? passive : first_slot + at(slot_layout, k);
  }
  /// All of them, where they lie side by side.
  std::span<const N> all() const { return {numbers, size()}; }
  /// The numbers of the i-th row.
  std::span<const N> row(std::size_t i, std::vector<N>& memory) const {
    memory.clear();
    for (std::size_t j = 0; j < layout.columns; ++j) memory.push_back((*this)[i * layout.columns + j]);
    return memory;
  }
};

/// How numbers are given to a program on a tape of N.
struct Giver {
  template <class N, class X>
  static Var<N> as_var(const X& x) {
    if constexpr (AnyVar<X>)
      return x;
    else
      return Var<N>(static_cast<N>(x));
  }
  // The tape of those that are on one. Throws TapeError for two tapes, and what is stale.
  template <class N, class R>
  static void find_tape(const R& numbers, Tape<N>*& tape) {
    const auto see = [&](Tape<N>* its) {
      if (its == nullptr) return;
      if (tape != nullptr && tape != its) misuse::foreign_variable("program");
      tape = its;
    };
    if constexpr (AnyMatrix<R>) {
      see(numbers.tape());
    } else {
      for (const auto& x : numbers)
        if constexpr (AnyVar<decltype(x)>) see(Recorder::common_tape<N>("program", std::span<const Var<N>>(&x, 1)));
    }
  }
  template <class N, class R>
  static std::size_t count(const R& numbers) {
    if constexpr (AnyMatrix<R>)
      return numbers.size();
    else
      return static_cast<std::size_t>(std::size(numbers));
  }
  /// A matrix of samples, where it lies.
  template <class N>
  static Given<N> rows(Tape<N>& tape, const VarMatrix<N>& m) {
    const auto operand = MatrixRecorder::operand(tape, m);
    return {.numbers = operand.data,
            .layout = operand.layout,
            .slot_layout = operand.layout,
            .first_slot = operand.slot,
            .is_active = operand.is_active() && operand.layout.size() > 0};
  }
  /// Numbers that are copied, to lie side by side.
  template <class N, class R>
  static Given<N> copied(Tape<N>& tape, const R& numbers) {
    const std::span<N> values = MatrixRecorder::memory<N>(tape, count<N>(numbers));
    Given<N> given;
    if constexpr (AnyMatrix<R>) {
      given = rows(tape, numbers);
      MatrixRecorder::copy(numbers, values);
      given.layout = Layout::dense(given.layout.rows, given.layout.columns);
    } else {
      const std::span<std::size_t> slots = MatrixRecorder::memory<std::size_t>(tape, values.size());
      std::size_t k = 0;
      for (const auto& x : numbers) {
        const Var<N> one = as_var<N>(x);
        values[k] = one.value();
        slots[k] = one.is_active() ? one.slot() : Given<N>::passive;
        given.is_active = given.is_active || one.is_active();
        ++k;
      }
      given.layout = Layout::dense(1, values.size()), given.slots = slots;
    }
    given.numbers = values.data();
    return given;
  }
  /// Their values alone.
  template <class N, class R>
  static std::vector<N> values(const R& numbers) {
    std::vector<N> values;
    if constexpr (AnyMatrix<R>) {
      values.resize(numbers.size());
      MatrixRecorder::copy(numbers, std::span<N>(values));
    } else {
      for (const auto& x : numbers) values.push_back(as_var<N>(x).value());
    }
    return values;
  }
};

}  // namespace downhill::program_detail
