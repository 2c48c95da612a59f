#pragma once
/// \file
/// What is done with a plan after it was made, in this order. T is double or float.

#include <cstdint>
#include <vector>

#include <autodiff/program/plan.hpp>

namespace downhill::program_detail {

/// Sums of products over the same operands, none of which waits for another, become one layer.
template <class T>
void join_layers(Plan<T>& plan);
/// Sums over many numbers that stand side by side in a sample become rows. `column` says which number a slot has, where
/// it is used once and has no adjoint; otherwise no_slot.
template <class T>
void find_rows(Plan<T>& plan, const std::vector<std::uint32_t>& column);
/// Who is the first to reach an adjoint in the sweep, and so need not add; and which adjoints must be 0 before.
/// Unless these are stored where they are first met, all of them.
template <class T>
void find_first(Plan<T>& plan, bool is_stored);
/// Finds the tail.
template <class T>
void find_tail(Plan<T>& plan);
/// Values that are never needed at the same time lie in the same memory.
template <class T>
void share_values(Plan<T>& plan);
/// And so do adjoints.
template <class T>
void share_adjoints(Plan<T>& plan);

}  // namespace downhill::program_detail
