#pragma once
// The recorder of matrices: computes the values of an operation, and leaves one block on the tape that knows how to
// hand its adjoint back (matrix_blocks.hpp).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <autodiff/gradient.hpp>
#include <autodiff/inputs.hpp>
#include <autodiff/matrix_blocks.hpp>
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
    for (const T& value : values) {
      const Var<T> x = tape.variable(value, &value == values.data() ? name : std::string_view{});
      if (&value == values.data()) m.generation_ = Identity::generation(x.id_);
    }
    m.is_parameter_ = m.slot_ + values.size() <= tape.parameters().size();
    if (!m.is_parameter_) m.values_ = copied(tape, values);
    return m;
  }

  template <class T>
  static VarMatrix<T> of_variables(const Inputs<Var<T>>& variables, std::size_t rows, std::size_t columns) {
    if (variables.size() != rows * columns) misuse::different_sizes("as_matrix", rows * columns, variables.size());
    if (variables.empty()) misuse::empty_range("as_matrix");
    VarMatrix<T> m;
    m.tape_ = variables[0].tape(), m.slot_ = variables[0].slot(), m.layout_ = Layout::dense(rows, columns);
    m.generation_ = Identity::generation(variables[0].id_);
    m.is_parameter_ = true;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      if (variables[i].tape() != m.tape_ || variables[i].slot() != m.slot_ + i ||
          m.slot_ + i >= m.tape_->parameters().size())
        misuse::not_consecutive("as_matrix");
      m.tape_->check(variables[i].id_);
      variables[i].disown();
    }
    return m;
  }
  template <class T>
  static void check(const Tape<T>& tape, std::size_t slot, std::uint32_t generation, bool is_parameter) {
    const Generations& moments = tape.generations_;
    // The values of parameters are read where they are, so an update does not make them stale.
    if (moments.is_ours(generation) &&
        !(is_parameter ? moments.is_rewound(slot, generation) : moments.is_stale(slot, generation)))
      return;
    tape.throw_stale(Identity::shared(generation, slot));
  }
  template <class T>
  static std::uint32_t generation(const Var<T>& x) {
    return Identity::generation(x.id_);
  }
  template <class T>
  static Var<T> element(const VarMatrix<T>& m, std::size_t row, std::size_t column) {
    const std::size_t at = m.layout_.at(row, column);
    if (!m.is_active()) return Var<T>(m.data()[at]);
    return Var<T>(m.tape_, m.data()[at], Identity::shared(m.tape_->generations_.current(), m.slot_ + at));
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
          tape.check(x.id_);
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
  // A constant that owns its values may be gone before the sweep.
  template <class T>
  static const T* copied(Tape<T>& tape, const VarMatrix<T>& m) {
    const std::span<T> copy = tape.arena_.template array<T>(m.size());
    std::size_t i = 0;
    for_each_element(m.layout_,
                     [&](std::size_t row, std::size_t column) { copy[i++] = m.data()[m.layout_.at(row, column)]; });
    return copy.data();
  }

  // ---- results

  template <class T>
  static std::span<T> values(Tape<T>& tape, const Layout& shape) {
    return tape.arena_.template array<T>(shape.size());
  }
  // The block B, made from the arguments, with these values for its results.
  template <class B, class T, class... A>
  static VarMatrix<T> record(Tape<T>& tape, const Layout& shape, std::span<const T> values, A&&... arguments) {
    VarMatrix<T> m;
    m.slot_ = tape.template append<B>(shape.size(), std::forward<A>(arguments)...);
    m.tape_ = &tape, m.values_ = values.data(), m.layout_ = shape;
    m.generation_ = tape.generations_.current();
    return m;
  }
  // Of constants alone: computes on a tape of its own, and takes only the values away.
  template <class T, class Operation>
  static VarMatrix<T> of_constants(Operation&& operation) {
    Tape<T> scratch;
    return VarMatrix<T>(operation(scratch).value());
  }
  template <class T, class Operation>
  static VarMatrix<T> on_tape(Tape<T>* tape, Operation&& operation) {
    return tape == nullptr ? of_constants<T>(operation) : operation(*tape);
  }

  // ---- operations

  template <class Rule, class T>
  static VarMatrix<T> unary(const VarMatrix<T>& x) {
    return on_tape<T>(x.tape(), [&](Tape<T>& tape) {
      const Layout shape = Layout::dense(x.rows(), x.columns());
      const Operand<T> a = operand(tape, x, shape);
      const std::span<T> y = values(tape, shape);
      T* to = y.data();
      for_each_element(shape,
                       [&](std::size_t i, std::size_t j) { *to++ = Rule::template value<T>(a.elements()(i, j)); });
      return record<matrix_detail::UnaryBlock<Rule, T>, T>(tape, shape, y, a, shape, y.data());
    });
  }
  template <class Rule, class T, class X, class Y>
  static VarMatrix<T> binary(const X& x, const Y& y) {
    const Layout shape = common_shape(Rule::name, layout_of<T>(x), layout_of<T>(y));
    return on_tape<T>(common_tape<T>(Rule::name, x, y), [&](Tape<T>& tape) {
      const Operand<T> a = operand(tape, x, shape), b = operand(tape, y, shape);
      const std::span<T> v = values(tape, shape);
      T* to = v.data();
      for_each_element(shape, [&](std::size_t i, std::size_t j) {
        *to++ = Rule::template value<T>(a.elements()(i, j), b.elements()(i, j));
      });
      return record<matrix_detail::BinaryBlock<Rule, T>, T>(tape, shape, v, a, b, shape, v.data());
    });
  }
  template <class T>
  static VarMatrix<T> product(const VarMatrix<T>& a, const VarMatrix<T>& b, const VarMatrix<T>* row) {
    if (a.columns() != b.rows())
      misuse::different_shapes("product", a.rows(), a.columns(), b.rows(), b.columns(),
                               "the columns of the first must be the rows of the second");
    if (row != nullptr && (row->rows() != 1 || row->columns() != b.columns()))
      misuse::different_shapes("affine", row->rows(), row->columns(), a.rows(), b.columns(),
                               "the bias must be one row, with the columns of the product");
    Tape<T>* const found = row == nullptr ? common_tape<T>("product", a, b) : common_tape<T>("affine", a, b, *row);
    return on_tape<T>(found, [&](Tape<T>& tape) {
      const Layout shape = Layout::dense(a.rows(), b.columns());
      std::array<Operand<T>, 3> operands{operand(tape, a, a.layout_), operand(tape, b, b.layout_), {}};
      const std::span<T> c = values(tape, shape);
      std::ranges::fill(c, T(0));
      if (row != nullptr) {
        operands[2] = operand(tape, *row, row->layout_);
        T* to = c.data();
        for_each_element(shape, [&](std::size_t, std::size_t j) { *to++ = operands[2].elements()(0, j); });
      }
      add_product<T>(operands[0].elements(), operands[1].elements(), {c.data(), shape});
      return record<matrix_detail::ProductBlock<T>, T>(tape, shape, c, operands, shape);
    });
  }
  template <class T>
  static VarMatrix<T> sum(const VarMatrix<T>& x, std::size_t to_rows, std::size_t to_columns) {
    return on_tape<T>(x.tape(), [&](Tape<T>& tape) {
      const Layout shape = Layout::dense(to_rows, to_columns);
      const Operand<T> a = operand(tape, x, x.layout_);
      const std::span<T> y = values(tape, shape);
      std::ranges::fill(y, T(0));
      const Elements<T> to{y.data(), shape.repeated(x.rows(), x.columns())};
      for_each_element(x.layout_, [&](std::size_t i, std::size_t j) { to(i, j) = to(i, j) + a.elements()(i, j); });
      return record<matrix_detail::SumBlock<T>, T>(tape, shape, y, std::array{a}, shape);
    });
  }
  // Writes log softmax of every row of x.
  template <class T>
  static void log_softmax_of(const Elements<const T>& x, T* to) {
    using std::exp, std::log;
    for (std::size_t i = 0; i < x.layout.rows; ++i) {
      T largest = x(i, 0), sum(0);
      for (std::size_t j = 1; j < x.layout.columns; ++j) largest = x(i, j) > largest ? x(i, j) : largest;
      for (std::size_t j = 0; j < x.layout.columns; ++j) sum = sum + exp(x(i, j) - largest);
      const T shift = largest + log(sum);
      for (std::size_t j = 0; j < x.layout.columns; ++j) *to++ = x(i, j) - shift;
    }
  }
  template <class T>
  static VarMatrix<T> log_softmax(const VarMatrix<T>& x) {
    return on_tape<T>(x.tape(), [&](Tape<T>& tape) {
      const Layout shape = Layout::dense(x.rows(), x.columns());
      const Operand<T> a = operand(tape, x, shape);
      const std::span<T> y = values(tape, shape);
      if (x.size() > 0) log_softmax_of<T>(a.elements(), y.data());
      return record<matrix_detail::LogSoftmaxBlock<T>, T>(tape, shape, y, a, shape, y.data());
    });
  }
  template <class T>
  static VarMatrix<T> cross_entropy(const VarMatrix<T>& x, std::span<const std::size_t> labels) {
    if (labels.size() != x.rows())
      misuse::different_sizes("softmax_cross_entropy, rows and labels", x.rows(), labels.size());
    if (x.rows() == 0) misuse::empty_range("softmax_cross_entropy");
    for (const std::size_t label : labels)
      if (label >= x.columns()) misuse::no_such_class(label, x.columns());
    return on_tape<T>(x.tape(), [&](Tape<T>& tape) {
      using std::exp;
      const Operand<T> a = operand(tape, x, x.layout_);
      const std::span<T> p = values(tape, x.layout_), loss = values(tape, Layout::dense(1, 1));
      const std::span<std::size_t> kept = tape.arena_.template array<std::size_t>(labels.size());
      std::ranges::copy(labels, kept.begin());
      log_softmax_of<T>(a.elements(), p.data());
      loss[0] = T(0);
      for (std::size_t i = 0; i < x.rows(); ++i) loss[0] = loss[0] - p[i * x.columns() + labels[i]];
      loss[0] = loss[0] / T(static_cast<double>(x.rows()));
      for (T& probability : p) probability = exp(probability);
      return record<matrix_detail::CrossEntropyBlock<T>, T>(tape, Layout::dense(1, 1), loss, a, std::span<const T>(p),
                                                            std::span<const std::size_t>(kept));
    });
  }
};

}  // namespace downhill
