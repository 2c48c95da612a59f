#pragma once
/// \file
/// A kernel carries out one instruction, forward or in reverse, for all lanes of a block: one dispatch for each
/// instruction and block. Here are those that take one lane after the other, for every operation and every number type;
/// lanes.hpp has faster ones for the operations that can be worked out in packs.

#include <cstddef>
#include <cstdint>
#include <limits>

#include <autodiff/program/instructions.hpp>

namespace downhill::program_detail {

/// In place of a slot: there is none.
inline constexpr std::uint32_t no_slot = std::numeric_limits<std::uint32_t>::max();

/// Where an operand lies, and where its adjoint is gathered. In the order of the sweep the first to reach an adjoint
/// stores it, and need not add.
struct Operand {
  std::uint32_t value = 0, adjoint = no_slot;
  bool is_first = false;
  bool is_wanted() const { return adjoint != no_slot; }
};

/// An instruction with its slots.
struct Step {
  Code code = 0;
  std::uint32_t value = 0, adjoint = no_slot;
  std::uint32_t first = 0, count = 0;  // of its operands
};

/// What tangents are at kinks: on a tape not known, since slopes will have slopes (calculus/smoothness.hpp); on one
/// that is at a generic place, those of what stays there; in forward mode, those of the table in calculus.hpp.
enum class Nesting : std::uint8_t { on_tape, at_generic_place, in_forward_mode };

/// The values and adjoints of a block: slot after slot, each with its lanes side by side, `stride` apart.
template <class N>
struct Frame {
  N* values = nullptr;
  N* adjoints = nullptr;
  std::size_t stride = 1, lanes = 1;
  Nesting nesting = Nesting::on_tape;

  N* value(std::uint32_t slot) const { return values + slot * stride; }
  N* adjoint(std::uint32_t slot) const { return adjoints + slot * stride; }
};

template <class N>
struct Kernel {
  using Run = void (*)(const Frame<N>& frame, const Step& step, const Operand* operands);
  Run forward = nullptr;
  Run reverse = nullptr;
};

/// One lane after the other. An adjoint or a slope of exactly 0 contributes 0 (handed_on in calculus/chain_rule.hpp).
/// For float, double and their Duals.
template <class N>
const Kernel<N>& kernel_of(Code code);

}  // namespace downhill::program_detail
