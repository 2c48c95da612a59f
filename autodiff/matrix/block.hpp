#pragma once
/// \file
/// What the blocks of all matrix operations share. An operand is known by its elements, and by the slot of the first
/// one if it is on the tape.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <autodiff/calculus/chain_rule.hpp>
#include <autodiff/matrix/layout.hpp>
#include <autodiff/tape/block.hpp>

namespace downhill::matrix_detail {

inline constexpr std::size_t passive = static_cast<std::size_t>(-1);

/// Are all of these adjoints exactly 0?
template <class T>
bool are_zero(std::size_t count, const T* adjoint) {
  return std::all_of(adjoint, adjoint + count, [](const T& g) { return is_zero(g); });
}

template <class T>
struct Operand {
  const T* data = nullptr;
  Layout layout = {};
  std::size_t slot = passive;

  bool is_active() const { return slot != passive; }
  Elements<const T> elements() const { return {data, layout}; }
  /// Its adjoints.
  Elements<T> in(T* adjoint) const { return {adjoint + slot, layout}; }
};

template <class T, std::size_t N>
std::array<Elements<const T>, N> elements_of(const std::array<Operand<T>, N>& operands) {
  std::array<Elements<const T>, N> elements;
  for (std::size_t i = 0; i < N; ++i) elements[i] = operands[i].elements();
  return elements;
}

/// The next operand of a block: a run more if it is on the tape, otherwise a constant before the run that follows.
template <class T>
void add_constant(const Operand<T>& operand, std::size_t& run, std::vector<typename Block<T>::Constant>& constants) {
  if (operand.is_active()) return void(++run);
  const Layout once = operand.layout.once();
  auto& constant = constants.emplace_back(typename Block<T>::Constant{run, {once.rows, once.columns}, {}});
  for_each_element(once, [&](std::size_t row, std::size_t column) {
    constant.elements.push_back(operand.data[once.at(row, column)]);
  });
}

/// A block with N operands and a dense result of so many rows and columns.
template <class T, std::size_t N>
class OperandBlock : public Block<T> {
 public:
  OperandBlock(const std::array<Operand<T>, N>& operands, const Layout& result) : operands_(operands), result_(result) {
    for (const Operand<T>& operand : operands)
      if (operand.is_active()) runs_[count_++] = {operand.slot, operand.layout.extent()};
  }
  std::span<const Run> parents() const override { return {runs_.data(), count_}; }
  Shape shape() const override { return {result_.rows, result_.columns}; }
  Shape parent_shape(std::size_t run) const override {
    for (const Operand<T>& operand : operands_)
      if (operand.is_active() && run-- == 0) {
        const Layout once = operand.layout.once();
        return once.is_dense() ? Shape{once.rows, once.columns} : Shape{};
      }
    return {};
  }
  std::vector<typename Block<T>::Constant> constants() const override {
    std::vector<typename Block<T>::Constant> all;
    std::size_t run = 0;
    for (const Operand<T>& operand : operands_)
      if (operand.is_active() || operand.data != nullptr) add_constant(operand, run, all);
    return all;
  }

 protected:
  const Operand<T>& operand(std::size_t i) const { return operands_[i]; }
  std::array<Elements<const T>, N> elements() const { return elements_of(operands_); }
  const Layout& result() const { return result_; }
  Elements<const T> result_in(const T* adjoint, std::size_t first) const { return {adjoint + first, result_}; }
  /// This arithmetic, and the bytes beside it: operands read and results written, and in the sweep the adjoints of the
  /// results read, those of operands on the tape read and written. So many more numbers are kept from one to the other.
  BlockWork with_bytes(Work forward, Work reverse, std::size_t kept = 0) const {
    for (const Operand<T>& operand : operands_) {
      const std::size_t count = operand.data == nullptr ? 0 : operand.layout.once().size();
      forward.read += bytes(count);
      if (operand.is_active()) reverse.read += bytes(count), reverse.written += bytes(count);
    }
    forward.written += bytes(result_.size() + kept);
    reverse.read += bytes(result_.size() + kept);
    return {.forward = forward, .reverse = reverse};
  }
  static double bytes(std::size_t numbers) { return static_cast<double>(numbers * sizeof(T)); }

 private:
  std::array<Operand<T>, N> operands_;
  Layout result_;
  std::array<Run, N> runs_;
  std::size_t count_ = 0;
};

}  // namespace downhill::matrix_detail
