#pragma once
// Vars as the scalar of small Eigen matrices: `Eigen::Matrix<downhill::Var<double>, 3, 3>`, alone or mixed with
// matrices of plain numbers. Every entry is a Var of its own; for large matrices a tape block is the better tool. Eigen
// itself cannot multiply two large matrices of different scalars: there, write `a * b.cast<Var<double>>()`.

#include <Eigen/Core>

#include <autodiff/variable.hpp>

namespace downhill {

// What Eigen looks up beside a real scalar.
template <class T>
const Var<T>& conj(const Var<T>& x) {
  return x;
}
template <class T>
const Var<T>& real(const Var<T>& x) {
  return x;
}
template <class T>
Var<T> imag(const Var<T>&) {
  return T(0);
}
template <class T>
Var<T> abs2(const Var<T>& x) {
  return x * x;
}

}  // namespace downhill

template <class T>
struct Eigen::NumTraits<downhill::Var<T>> : Eigen::NumTraits<T> {
  using Real = downhill::Var<T>;
  using NonInteger = downhill::Var<T>;
  using Nested = downhill::Var<T>;
  using Literal = T;
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

template <class T, class Operation>
struct Eigen::ScalarBinaryOpTraits<downhill::Var<T>, T, Operation> {
  using ReturnType = downhill::Var<T>;
};
template <class T, class Operation>
struct Eigen::ScalarBinaryOpTraits<T, downhill::Var<T>, Operation> {
  using ReturnType = downhill::Var<T>;
};
