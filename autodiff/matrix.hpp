#pragma once
// VarMatrix: a matrix on the same tape as the scalars.
//
// It is a run of consecutive slots, row after row, so each element is a Var for free: `m(i, j)`. A matrix of parameters
// shares its values with the tape's parameter span; the values of a result lie on the tape and live as long as its
// statement. Transposes, blocks, rows and columns are views of the same slots, without a copy.
//
// An operation is one block on the tape, through Eigen where there is arithmetic to save, and every elementary function
// of calculus.hpp works element by element. Shapes are equal, or 1 in a direction in which the operand is repeated; a
// Var or a number counts as 1 x 1. The sweep hands nothing to operands that are not on the tape.

#include <fmt/format.h>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

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

/// A matrix on a tape, or a constant one until it meets one that is.
template <class T>
class VarMatrix {
 public:
  using value_type = T;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// A constant, which is copied.
  template <class E>
  VarMatrix(const Eigen::MatrixBase<E>& matrix)
      : layout_(Layout::dense(static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols()))) {
    auto values = std::make_shared<std::vector<T>>(layout_.size());
    Eigen::Map<Matrix>(values->data(), matrix.rows(), matrix.cols()) = matrix.template cast<T>();
    values_ = values->data();
    owner_ = std::move(values);
  }
  /// A constant that stays where it is, row after row: it must outlive the tape's recording. Throws ShapeError unless
  /// there are rows * columns values.
  static VarMatrix constant(std::span<const T> values, std::size_t rows, std::size_t columns);
  /// A Var as a matrix of one element.
  VarMatrix(const Var<T>& x);

  std::size_t rows() const { return layout_.rows; }
  std::size_t columns() const { return layout_.columns; }
  std::size_t size() const { return layout_.size(); }
  bool is_active() const { return tape_ != nullptr; }
  Tape<T>* tape() const { return tape_; }

  /// The element in a row and a column. Throws ShapeError where there is none.
  Var<T> operator()(std::size_t row, std::size_t column) const;
  /// A copy of the values.
  Matrix value() const;

  // ---- views of the same elements
  VarMatrix transpose() const;
  /// Throws ShapeError unless it lies within.
  VarMatrix block(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns) const;
  VarMatrix row(std::size_t i) const { return block(i, 0, 1, columns()); }
  VarMatrix column(std::size_t j) const { return block(0, j, rows(), 1); }
  /// The same elements, row after row, in another shape. Throws ShapeError for another number of elements, or for a
  /// view that has gaps.
  VarMatrix reshape(std::size_t rows, std::size_t columns) const;

  /// The adjoints after a sweep: `gradient[m]`.
  Matrix adjoint_in(const Gradient<T>& gradient) const;

 private:
  friend struct MatrixRecorder;
  VarMatrix() = default;
  const T* data() const { return is_parameter_ ? tape_->parameters().data() + slot_ : values_; }
  void demand_fresh() const;

  Tape<T>* tape_ = nullptr;
  const T* values_ = nullptr;  // of the first element; parameters' are the tape's
  std::shared_ptr<const void> owner_;
  bool is_parameter_ = false;
  std::size_t slot_ = 0;  // of the first element
  std::uint32_t generation_ = 0;
  Layout layout_;
};

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

/// A matrix of new parameters, row after row: the tape's next slots. Throws ShapeError unless there are rows * columns
/// values. Like those of scalars, the values of parameters that were made before the first statement are one span.
template <class T>
VarMatrix<T> parameters(Tape<T>& tape, std::type_identity_t<std::span<const T>> values, std::size_t rows,
                        std::size_t columns, std::string_view name = {}) {
  return MatrixRecorder::parameters<T>(tape, values, rows, columns, name);
}

/// Variables that stand one behind the other on a tape, as those that `minimize` hands to an objective do, as a matrix,
/// row after row. Throws ShapeError unless there are rows * columns, TapeError if they are not consecutive variables.
template <class T>
VarMatrix<T> as_matrix(const Inputs<Var<T>>& variables, std::size_t rows, std::size_t columns) {
  return MatrixRecorder::of_variables<T>(variables, rows, columns);
}

// ---- elements and views

template <class T>
VarMatrix<T> VarMatrix<T>::constant(std::span<const T> values, std::size_t rows, std::size_t columns) {
  if (values.size() != rows * columns) misuse::different_sizes("VarMatrix::constant", rows * columns, values.size());
  VarMatrix m;
  m.values_ = values.data();
  m.layout_ = Layout::dense(rows, columns);
  return m;
}

template <class T>
VarMatrix<T>::VarMatrix(const Var<T>& x) : layout_(Layout::dense(1, 1)) {
  if (x.is_active()) {
    const auto operand = MatrixRecorder::operand<T>(*x.tape(), x, layout_);
    tape_ = x.tape(), values_ = operand.data, slot_ = operand.slot;
    generation_ = MatrixRecorder::generation(x);
  } else {
    auto value = std::make_shared<const T>(x.value());
    values_ = value.get();
    owner_ = std::move(value);
  }
}

template <class T>
Var<T> VarMatrix<T>::operator()(std::size_t row, std::size_t column) const {
  if (row >= rows() || column >= columns())
    misuse::different_shapes("element of a matrix", row, column, rows(), columns(), "the place must lie in the shape");
  demand_fresh();
  return MatrixRecorder::element(*this, row, column);
}

template <class T>
typename VarMatrix<T>::Matrix VarMatrix<T>::value() const {
  demand_fresh();
  Matrix copy(static_cast<Eigen::Index>(rows()), static_cast<Eigen::Index>(columns()));
  for_each_element(layout_, [&](std::size_t i, std::size_t j) {
    copy(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = data()[layout_.at(i, j)];
  });
  return copy;
}

template <class T>
VarMatrix<T> VarMatrix<T>::transpose() const {
  VarMatrix m = *this;
  m.layout_ = layout_.transposed();
  return m;
}

template <class T>
VarMatrix<T> VarMatrix<T>::block(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns) const {
  if (row > this->rows() || rows > this->rows() - row || column > this->columns() || columns > this->columns() - column)
    misuse::different_shapes(fmt::format("block at row {}, column {}", row, column), rows, columns, this->rows(),
                             this->columns(), "the block must lie within");
  VarMatrix m = *this;
  const std::size_t offset = rows * columns == 0 ? 0 : layout_.at(row, column);
  m.layout_.rows = rows, m.layout_.columns = columns;
  m.slot_ += offset;
  if (m.values_ != nullptr) m.values_ += offset;
  return m;
}

template <class T>
VarMatrix<T> VarMatrix<T>::reshape(std::size_t rows, std::size_t columns) const {
  if (rows * columns != size())
    misuse::different_shapes("reshape", this->rows(), this->columns(), rows, columns,
                             "the number of elements must stay the same");
  if (!layout_.is_dense())
    misuse::different_shapes("reshape", this->rows(), this->columns(), rows, columns,
                             "a transpose or a block has gaps; add 0 to it first, which makes a matrix of its own");
  VarMatrix m = *this;
  m.layout_ = Layout::dense(rows, columns);
  return m;
}

template <class T>
typename VarMatrix<T>::Matrix VarMatrix<T>::adjoint_in(const Gradient<T>& gradient) const {
  if (!is_active()) misuse::passive_gradient();
  Matrix copy(static_cast<Eigen::Index>(rows()), static_cast<Eigen::Index>(columns()));
  if (size() == 0) return copy;
  static_cast<void>(
      gradient[MatrixRecorder::element(*this, rows() - 1, columns() - 1)]);  // throws if it cannot be asked
  for_each_element(layout_, [&](std::size_t i, std::size_t j) {
    copy(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = gradient.adjoints()[slot_ + layout_.at(i, j)];
  });
  return copy;
}

template <class T>
void VarMatrix<T>::demand_fresh() const {
  if (is_active()) MatrixRecorder::check(*tape_, slot_, generation_, is_parameter_);
}

// ---- functions and operators, element by element

template <class Rule, AnyMatrix X>
auto apply(const X& x) {
  return MatrixRecorder::unary<Rule, typename X::value_type>(x);
}
template <class X, class Y>
concept WithMatrix = (AnyMatrix<X> || AnyMatrix<Y>)&&Number<X, Y>;
template <class X, class Y>
using MatrixScalar = typename std::conditional_t<AnyMatrix<X>, X, Y>::value_type;

template <class Rule, class X, class Y>
  requires WithMatrix<X, Y>
auto apply(const X& x, const Y& y) { return MatrixRecorder::binary<Rule, MatrixScalar<X, Y>>(x, y); }
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator+(const X& x, const Y& y) { return apply<Add>(x, y); }
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator-(const X& x, const Y& y) { return apply<Subtract>(x, y); }
/// Element by element; for the product of matrices see `product`.
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator*(const X& x, const Y& y) { return apply<Multiply>(x, y); }
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator/(const X& x, const Y& y) { return apply<Divide>(x, y); }
template <class T>
VarMatrix<T> operator-(const VarMatrix<T>& x) {
  return apply<Negate>(x);
}
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y> VarMatrix<T>
&operator+=(VarMatrix<T>& x, const Y& y) { return x = x + y; }
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y> VarMatrix<T>
&operator-=(VarMatrix<T>& x, const Y& y) { return x = x - y; }

// ---- products and reductions

/// The matrix product A B, (n x k) (k x m): n x m. Either may be a transpose, which is not copied.
template <class T>
VarMatrix<T> product(const VarMatrix<T>& a, const VarMatrix<T>& b) {
  return MatrixRecorder::product<T>(a, b, nullptr);
}
/// X W + b, with the row b, 1 x m, added to every row.
template <class T>
VarMatrix<T> affine(const VarMatrix<T>& x, const VarMatrix<T>& w, const VarMatrix<T>& b) {
  return MatrixRecorder::product<T>(x, w, &b);
}

/// The sum of all elements.
template <class T>
Var<T> sum(const VarMatrix<T>& x) {
  return MatrixRecorder::scalar(MatrixRecorder::sum(x, 1, 1));
}
/// The sum of each row, n x 1, and of each column, 1 x m.
template <class T>
VarMatrix<T> sum_of_rows(const VarMatrix<T>& x) {
  return MatrixRecorder::sum(x, x.rows(), 1);
}
template <class T>
VarMatrix<T> sum_of_columns(const VarMatrix<T>& x) {
  return MatrixRecorder::sum(x, 1, x.columns());
}
/// The mean of all elements. Throws ShapeError if there are none; so do the following.
template <class T>
Var<T> mean(const VarMatrix<T>& x) {
  if (x.size() == 0) misuse::empty_range("mean");
  return sum(x) / static_cast<double>(x.size());
}
template <class T>
VarMatrix<T> mean_of_rows(const VarMatrix<T>& x) {
  if (x.columns() == 0) misuse::empty_range("mean_of_rows");
  return sum_of_rows(x) / static_cast<double>(x.columns());
}
template <class T>
VarMatrix<T> mean_of_columns(const VarMatrix<T>& x) {
  if (x.rows() == 0) misuse::empty_range("mean_of_columns");
  return sum_of_columns(x) / static_cast<double>(x.rows());
}
/// The mean of (x - y)².
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y> Var<T> mean_squared_error(const VarMatrix<T>& x, const Y& y) {
    return mean(square(x - y));
  }

/// x - log(sum of exp(x) over the row), for each row, from the largest down, so that nothing overflows.
template <class T>
VarMatrix<T> log_softmax(const VarMatrix<T>& x) {
  return MatrixRecorder::log_softmax(x);
}
/// exp(x) / (sum of exp(x) over the row), for each row.
template <class T>
VarMatrix<T> softmax(const VarMatrix<T>& x) {
  return exp(log_softmax(x));
}
/// The mean over the rows of -log softmax(x)[label]: one block, with the slopes (softmax(x) - [j = label]) / n. Throws
/// ShapeError unless there is one label for each row, and each is a column.
template <class T>
Var<T> softmax_cross_entropy(const VarMatrix<T>& x, std::span<const std::size_t> labels) {
  return MatrixRecorder::scalar(MatrixRecorder::cross_entropy(x, labels));
}

}  // namespace downhill
