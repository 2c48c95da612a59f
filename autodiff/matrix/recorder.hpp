#pragma once
/// \file
/// The recorder of matrices: it gives an operation memory for its values on the arena of the tape, and leaves one block
/// there that knows how to hand its adjoint back.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/derivatives/inputs.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/matrix/block.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

template <class T>
class VarMatrix;
template <class T>
inline constexpr bool is_active_type<VarMatrix<T>> = true;
template <class T>
inline constexpr bool is_matrix_type<VarMatrix<T>> = true;

/// Turns operations on matrices into blocks.
struct MatrixRecorder {
  template <class T>
  using Operand = matrix_detail::Operand<T>;

  template <class T>
  static VarMatrix<T> parameters(Tape<T>& tape, std::span<const T> values, std::size_t rows, std::size_t columns,
                                 std::string_view name) {
    if (values.size() != rows * columns) misuse::different_sizes("parameters", rows * columns, values.size());
    VarMatrix<T> m;
    m.tape_ = &tape, m.slot_ = tape.slots(), m.layout_ = Layout::dense(rows, columns);
    m.generation_ = tape.generations_.current();
    for (const T& value : values) tape.variable(value, &value == values.data() ? name : std::string_view{});
    m.is_parameter_ = m.slot_ + values.size() <= tape.parameters().size();
    if (!m.is_parameter_) m.values_ = copied(tape, values);
    return m;
  }

  template <class T, class Fill>
  static VarMatrix<T> filled_parameters(Tape<T>& tape, std::size_t rows, std::size_t columns, Fill&& fill,
                                        std::string_view name) {
    if (columns != 0 && rows > std::numeric_limits<std::size_t>::max() / columns)
      misuse::out_of_slots(std::numeric_limits<Slot>::max());
    const std::size_t first = tape.slots(), count = rows * columns;
    if (first != tape.parameters_.size()) misuse::parameters_too_late();
    tape.demand_slots(count);
    tape.parameters_.resize(first + count);
    try {
      fill(std::span<T>(tape.parameters_).subspan(first));
    } catch (...) {
      tape.parameters_.resize(first);
      throw;
    }
    if (!name.empty() && count > 0) tape.names_.add(first, name);
    tape.take_slots(count);
    if (tape.listener_ != nullptr)
      for (std::size_t i = first; i < first + count; ++i) tape.listener_->variable(i, tape.parameters_[i]);
    VarMatrix<T> m;
    m.tape_ = &tape, m.slot_ = first, m.layout_ = Layout::dense(rows, columns);
    m.generation_ = tape.generations_.current();
    m.is_parameter_ = true;
    return m;
  }

  template <class T>
  static VarMatrix<T> of_variables(const Inputs<Var<T>>& variables, std::size_t rows, std::size_t columns) {
    if (variables.size() != rows * columns) misuse::different_sizes("as_matrix", rows * columns, variables.size());
    if (variables.empty())
      return VarMatrix<T>::constant(std::span<const T>{}, rows, columns);  // no variable tells of a tape
    VarMatrix<T> m;
    m.tape_ = variables[0].tape(), m.slot_ = variables[0].slot(), m.layout_ = Layout::dense(rows, columns);
    m.generation_ = generation(variables[0]);
    m.is_parameter_ = true;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      if (variables[i].tape() != m.tape_ || variables[i].slot() != m.slot_ + i ||
          m.slot_ + i >= m.tape_->parameters().size())
        misuse::not_consecutive("as_matrix");
      m.tape_->check(variables[i].identity());
      variables[i].disown();
    }
    return m;
  }
  template <class T>
  static void check(const VarMatrix<T>& m) {
    const Generations& moments = m.tape_->generations_;
    // Without elements it stands behind the slot before it, and has no values that could be old. The values of
    // parameters are read where they are, so an update does not make them stale.
    const bool is_empty = m.size() == 0;
    if (is_empty && m.slot_ == 0) return;
    const std::size_t slot = is_empty ? m.slot_ - 1 : m.slot_;
    if (moments.is_ours(m.generation_) && !(m.is_parameter_ || is_empty ? moments.is_rewound(slot, m.generation_)
                                                                        : moments.is_stale(slot, m.generation_)))
      return;
    m.tape_->throw_stale(Identity::shared(m.generation_, slot));
  }
  template <class T>
  static std::uint32_t generation(const Var<T>& x) {
    return Identity::generation(x.identity());
  }
  template <class T>
  static Var<T> element(const VarMatrix<T>& m, std::size_t row, std::size_t column) {
    const std::size_t at = m.layout_.at(row, column);
    if (!m.is_active()) return Var<T>(m.data()[at]);
    return m.tape_->handle(m.data()[at], m.slot_ + at);
  }
  template <class T>
  static Var<T> scalar(const VarMatrix<T>& m) {
    return element(m, 0, 0);
  }

  // ---- operands

  // The tape of all that are on one. Throws TapeError if there are two.
  template <class T, class... X>
  static Tape<T>* common_tape(std::string_view operation, const X&... operands) {
    Tape<T>* tape = nullptr;
    const auto see = [&]<class Y>(const Y& operand) {
      if constexpr (AnyMatrix<Y> || AnyVar<Y>) {
        if (operand.tape() == nullptr) return;
        if (tape != nullptr && tape != operand.tape()) misuse::foreign_variable(operation);
        tape = operand.tape();
      }
    };
    (see(operands), ...);
    return tape;
  }
  template <class T, class X>
  static Layout layout_of(const X& x) {
    if constexpr (AnyMatrix<X>)
      return x.layout_;
    else
      return Layout::dense(1, 1);
  }
  template <class T>
  static Operand<T> operand(Tape<T>& tape, const VarMatrix<T>& x) {
    return operand(tape, x, x.layout_);
  }
  // What a block needs of x, which is repeated to a shape. Numbers go to the tape.
  template <class T, class X>
  static Operand<T> operand(Tape<T>& tape, const X& x, const Layout& shape) {
    if constexpr (AnyMatrix<X>) {
      x.demand_fresh();
      return {x.owner_ ? copied(tape, x) : x.data(),
              (x.owner_ ? Layout::dense(x.rows(), x.columns()) : x.layout_).repeated(shape.rows, shape.columns),
              x.is_active() ? x.slot_ : matrix_detail::passive};
    } else {
      std::size_t slot = matrix_detail::passive;
      T value;
      if constexpr (AnyVar<X>) {
        value = x.value();
        if (x.is_active()) {
          tape.check(x.identity());
          x.disown();
          slot = x.raw_slot();
        }
      } else {
        value = static_cast<T>(x);
      }
      return {copied(tape, std::span<const T>(&value, 1)), Layout::dense(1, 1).repeated(shape.rows, shape.columns),
              slot};
    }
  }
  template <class T>
  static const T* copied(Tape<T>& tape, std::span<const T> values) {
    const std::span<T> copy = tape.arena_.template array<T>(values.size());
    std::ranges::copy(values, copy.begin());
    return copy.data();
  }
  // A passive matrix that owns its values may be gone before the sweep.
  template <class T>
  static const T* copied(Tape<T>& tape, const VarMatrix<T>& m) {
    const std::span<T> values = tape.arena_.template array<T>(m.size());
    copy(m, values);
    return values.data();
  }
  /// The elements of m, row after row, into memory for so many.
  template <class T>
  static void copy(const VarMatrix<T>& m, std::span<T> into) {
    m.demand_fresh();
    std::size_t i = 0;
    for_each_element(m.layout_,
                     [&](std::size_t row, std::size_t column) { into[i++] = m.data()[m.layout_.at(row, column)]; });
  }

  // ---- results

  // n numbers of type X that live as long as what is recorded now.
  template <class X, class T>
  static std::span<X> memory(Tape<T>& tape, std::size_t n) {
    return tape.arena_.template array<X>(n);
  }
  template <class T>
  static std::span<T> values(Tape<T>& tape, const Layout& shape) {
    return memory<T>(tape, shape.size());
  }
  // The block B, made from the arguments, with these values for its results.
  template <class B, class T, class... A>
  static VarMatrix<T> record(Tape<T>& tape, const Layout& shape, std::span<const T> values, A&&... arguments) {
    if constexpr (Active<T>)  // a kink or an infinite slope shows in the tangents of the values
      if (!std::ranges::all_of(values, [](const T& value) { return is_finite(value); })) tape.note_edge();
    VarMatrix<T> m;
    m.slot_ = tape.template append<B>(shape.size(), std::forward<A>(arguments)...);
    tape.say_values(m.slot_, values);
    m.tape_ = &tape, m.values_ = values.data(), m.layout_ = shape;
    m.generation_ = tape.generations_.current();
    return m;
  }
  // Of passive matrices alone: computes on a tape of its own, and takes only the values away.
  template <class T, class Operation>
  static VarMatrix<T> of_passive(Operation&& operation) {
    Tape<T> scratch;
    const VarMatrix<T> result = operation(scratch);
    auto values = std::make_shared<std::vector<T>>(result.size());
    copy(result, std::span<T>(*values));
    VarMatrix<T> m;
    m.layout_ = Layout::dense(result.rows(), result.columns());
    m.values_ = values->data();
    m.owner_ = std::move(values);
    return m;
  }
  template <class T, class Operation>
  static VarMatrix<T> on_tape(Tape<T>* tape, Operation&& operation) {
    return tape == nullptr ? of_passive<T>(operation) : operation(*tape);
  }
};

}  // namespace downhill
