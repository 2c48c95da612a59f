#pragma once
/// \file
/// The cost ledger: operations and bytes of a function and its gradient, by counting.
///
///     fmt::print("{}", cost(tape));
///     fmt::print("{}", cost(program).sample);
///
/// The first is what was recorded and what the sweep will do, the second what a program does for each sample.
///
/// Of scalars a tape holds the slopes and not the operations that made them. So the sweep of a statement is known
/// exactly, a multiplication and an addition for each edge; of its way forward only the bytes that were written are.
/// What temporaries have folded together is one statement. Blocks, such as matrix operations, state both of theirs by
/// their shapes (Block::work); one that does not say so is marked as incomplete. A program holds its operations, and
/// both directions are counted from the plan that is run: what is fused counts as its arithmetic.

#include <cstddef>

#include <autodiff/cost/ledger.hpp>
#include <autodiff/cost/program.hpp>
#include <autodiff/program.hpp>

namespace downhill {

/// Where the sweep leaves the adjoints: all of them in memory (Gradient), or those of parameters with a sink, as with
/// Sweep, which an optimizer uses. What the sink does is not counted, but that parameters are read and written is.
enum class SweepTo { memory, sink };

/// What stands on the tape.
template <class T>
Cost cost(const Tape<T>& tape, SweepTo to = SweepTo::memory) {
  Cost cost{.tape_bytes = static_cast<double>(tape.bytes()),
            .adjoint_bytes = static_cast<double>(tape.slots() * sizeof(T))};
  tape.for_each_backwards(
      [&](std::size_t, std::span<const Edge<T>> edges) {
        CostLine& line = cost.line("scalar statements");
        ++line.count, ++cost.statements;
        cost.edges += edges.size();
        line.knows_forward = false;
        line.forward.written += static_cast<double>(edges.size_bytes() + sizeof(Trailer<T>));
        line.reverse += Stream<T>::sweep_work(edges.size());
      },
      [&](const Block<T>& block, std::size_t, std::size_t results) {
        const BlockWork work = block.work(results);
        CostLine& line = cost.line(block.name(), work.product);
        ++line.count, ++cost.blocks;
        line.is_complete = line.is_complete && work.is_complete;
        line.forward += work.forward;
        line.reverse += to == SweepTo::sink ? work.reverse_to_sink.value_or(work.reverse) : work.reverse;
      });
  return cost;
}

/// What the program takes for a sample, and once for all of them, with its gradient along the parameters. A program
/// that branches has a cost for each of its variants, those that it was seen to take; nothing where there is none yet.
template <class T, std::size_t results>
ProgramCost cost(const Program<T, results>& program, std::size_t variant = 0) {
  return program_detail::cost_of(*program.state(), variant);
}

}  // namespace downhill
