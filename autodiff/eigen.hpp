#pragma once
/// \file
/// Vars and Duals as the scalars of small Eigen matrices: `Eigen::Matrix<downhill::Var<double>, 3, 3>`, alone or mixed
/// with matrices of plain numbers. Every entry is a Var of its own; for large matrices a tape block is the better tool.
/// Eigen itself cannot multiply two large matrices of different scalars: there, write `a * b.cast<Var<double>>()`.
///
/// A trap of Eigen 3.4: its QR, its complete orthogonal decomposition and its SVD leave a reflector out where all
/// entries that it would remove are exactly 0, without asking whether these carry derivatives. Where that happens, as
/// it does on an identity or diagonal matrix of Vars, Duals or any such scalar, the values are right and derivatives
/// are lost, silently. LU, LLT, LDLT and the inverse are right everywhere; so are the operations of linear_algebra.hpp,
/// on matrices of the tape.

#include <Eigen/Core>

#include <autodiff/dual.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

// What Eigen looks up beside a real scalar.
template <ActiveScalar X>
const X& conj(const X& x) {
  return x;
}
template <ActiveScalar X>
const X& real(const X& x) {
  return x;
}
template <ActiveScalar X>
X imag(const X&) {
  return 0;
}
template <ActiveScalar X>
X abs2(const X& x) {
  return x * x;
}

/// What Eigen asks of a scalar X built on T.
template <class X, class T>
struct EigenTraits : Eigen::NumTraits<T> {
  using Real = X;
  using NonInteger = X;
  using Nested = X;
  using Literal = typename Eigen::NumTraits<T>::Literal;
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 1,
    ReadCost = 2,
    AddCost = 12,
    MulCost = 16,
  };
};
template <class X>
struct EigenProduct {
  using ReturnType = X;
};

}  // namespace downhill

template <class T>
struct Eigen::NumTraits<downhill::Var<T>> : downhill::EigenTraits<downhill::Var<T>, T> {};
template <class T, std::size_t N>
struct Eigen::NumTraits<downhill::Dual<T, N>> : downhill::EigenTraits<downhill::Dual<T, N>, T> {};

template <class T, class Operation>
struct Eigen::ScalarBinaryOpTraits<downhill::Var<T>, T, Operation> : downhill::EigenProduct<downhill::Var<T>> {};
template <class T, class Operation>
struct Eigen::ScalarBinaryOpTraits<T, downhill::Var<T>, Operation> : downhill::EigenProduct<downhill::Var<T>> {};
template <class T, std::size_t N, class Operation>
struct Eigen::ScalarBinaryOpTraits<downhill::Dual<T, N>, T, Operation> : downhill::EigenProduct<downhill::Dual<T, N>> {
};
template <class T, std::size_t N, class Operation>
struct Eigen::ScalarBinaryOpTraits<T, downhill::Dual<T, N>, Operation> : downhill::EigenProduct<downhill::Dual<T, N>> {
};
