#pragma once
/// \file
/// A matrix operation of one's own: its value, and how it hands its adjoint back.

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

/// The adjoint of an operand during the sweep, to which the pull-back of `custom` adds: a_bar += J' g.
template <class T>
class OperandAdjoint {
 public:
  OperandAdjoint(const matrix_detail::Operand<T>& operand, T* adjoint) : operand_(operand), adjoint_(adjoint) {}

  /// Is the operand on the tape? Of a passive one nothing is kept, and its share need not be computed.
  bool is_wanted() const { return operand_.is_active(); }
  std::size_t rows() const { return operand_.layout.rows; }
  std::size_t columns() const { return operand_.layout.columns; }

  /// Throws ShapeError unless the share has the shape of the operand.
  template <class E>
  void operator+=(const Eigen::MatrixBase<E>& share) const {
    if (static_cast<std::size_t>(share.rows()) != rows() || static_cast<std::size_t>(share.cols()) != columns())
      misuse::different_shapes("custom", static_cast<std::size_t>(share.rows()), static_cast<std::size_t>(share.cols()),
                               rows(), columns(),
                               "what a pull-back adds to an adjoint must have the shape of the operand");
    if (!is_wanted()) return;
    const typename VarMatrix<T>::Matrix whole = share.template cast<T>();  // it may read what is written here
    const Elements<T> to = operand_.in(adjoint_);
    for_each_element(to.layout, [&](std::size_t i, std::size_t j) {
      to(i, j) = to(i, j) + whole(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    });
  }

 private:
  const matrix_detail::Operand<T>& operand_;
  T* adjoint_;
};

namespace matrix_detail {

template <class T, std::size_t N, class PullBack>
class CustomBlock final : public OperandBlock<T, N> {
 public:
  CustomBlock(const std::array<Operand<T>, N>& operands, const Layout& result, const PullBack& pull_back)
      : OperandBlock<T, N>(operands, result), pull_back_(pull_back) {}
  std::string_view name() const override { return "custom"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Layout& result = this->result();
    if (are_zero(result.size(), adjoint + first)) return;
    const Eigen::Map<const typename VarMatrix<T>::Matrix> g(adjoint + first, static_cast<Eigen::Index>(result.rows),
                                                            static_cast<Eigen::Index>(result.columns));
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      pull_back_(g, OperandAdjoint<T>(this->operand(i), adjoint)...);
    }(std::make_index_sequence<N>());
  }
  BlockWork work(std::size_t results) const override {
    if constexpr (requires { BlockWork(pull_back_.work()); })
      return pull_back_.work();
    else
      return Block<T>::work(results);
  }

 private:
  PullBack pull_back_;
};

template <class T, class F, std::size_t... i>
consteval bool takes_adjoints(std::index_sequence<i...>) {
  return std::is_invocable_v<const F&, const Eigen::Map<const typename VarMatrix<T>::Matrix>&,
                             decltype(static_cast<void>(i), std::declval<OperandAdjoint<T>>())...>;
}

}  // namespace matrix_detail

/// An operation that the library does not have, Y = f(A, B, ...): its value, its operands, and its pull-back. One
/// block.
///
///     const auto value = a.value();
///     auto squared = custom(value * value, {a}, [value](const auto& g, auto a_bar) {
///       a_bar += g * value.transpose() + value.transpose() * g;
///     });
///
/// In the sweep the pull-back is called with g, the adjoint of Y, an Eigen matrix of its shape, and an OperandAdjoint
/// for each operand, to which it adds that operand's share: A_bar += (dY/dA)' g. Where g is 0 everywhere it is not
/// called. It is kept as long as the block is, so it captures values, and nothing by reference; what it throws leaves
/// the sweep, whose Gradient is then empty, and the tape as it was. Throws TapeError for operands of two tapes. A
/// pull-back with a member `BlockWork work() const` says by it what the operation takes, both ways (cost.hpp).
template <class T, std::size_t N, class PullBack>
VarMatrix<T> custom(const std::type_identity_t<typename VarMatrix<T>::Matrix>& value, const VarMatrix<T> (&operands)[N],
                    PullBack pull_back) {
  static_assert(matrix_detail::takes_adjoints<T, PullBack>(std::make_index_sequence<N>()),
                "custom: the pull-back takes the adjoint of the result and an OperandAdjoint for each operand, and can "
                "be called while it is const: [values](const auto& g, auto a_bar, auto b_bar) { a_bar += ...; }");
  using R = MatrixRecorder;
  return [&]<std::size_t... i>(std::index_sequence<i...> each) {
    static_cast<void>(each);
    return R::on_tape<T>(R::common_tape<T>("custom", operands[i]...), [&](Tape<T>& tape) {
      const Layout shape =
          Layout::dense(static_cast<std::size_t>(value.rows()), static_cast<std::size_t>(value.cols()));
      const std::array recorded{R::operand(tape, operands[i])...};
      const std::span<T> y = R::values(tape, shape);
      Eigen::Map<typename VarMatrix<T>::Matrix>(y.data(), value.rows(), value.cols()) = value;
      return R::record<matrix_detail::CustomBlock<T, N, PullBack>, T>(tape, shape, y, recorded, shape, pull_back);
    });
  }(std::make_index_sequence<N>());
}

}  // namespace downhill
