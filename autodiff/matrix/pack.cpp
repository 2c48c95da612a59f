// g++ 12 takes the undefined lanes of its own AVX-512 intrinsics for uninitialized variables.
#pragma GCC diagnostic ignored "-Wuninitialized"

#include <autodiff/matrix/pack.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace downhill::pack_detail {
namespace {

template <class T>
using Array = Eigen::Array<T, static_cast<int>(size<T>), 1>;

template <class T, class F>
void apply(const T* x, T* y, F&& f) {
  Eigen::Map<Array<T>, Eigen::Aligned64> result(y);
  result = f(Eigen::Map<const Array<T>, Eigen::Aligned64>(x));
}

// Of what would be denormal, 0. Eigen's may overflow a little too early; the square of the root does not.
template <class T>
void exponential(const T* x, T* y, T least, T most) {
  apply(x, y, [](const auto& a) { return a.exp(); });
  Bits<T> is_outside = 0;
  for (std::size_t i = 0; i < size<T>; ++i)
    is_outside |= static_cast<Bits<T>>(x[i] > most - 1) | static_cast<Bits<T>>(x[i] < least);
  if (is_outside == 0) [[likely]]
    return;
  alignas(64) T root[size<T>];
  apply(x, root, [](const auto& a) { return (a / 2).exp(); });
  for (std::size_t i = 0; i < size<T>; ++i) {
    y[i] = x[i] < least ? T(0) : y[i];
    y[i] = x[i] > most ? std::numeric_limits<T>::infinity() : x[i] > most - 1 ? root[i] * root[i] : y[i];
  }
}

// Where the 1 has no weight, the exponential itself.
template <class T>
void exponential_minus_one(const T* x, T* y) {
  apply(x, y, [](const auto& a) { return a.expm1(); });
  if (std::none_of(x, x + size<T>, [](T value) { return value > 80; })) [[likely]]
    return;
  alignas(64) T whole[size<T>];
  exp(x, whole);
  for (std::size_t i = 0; i < size<T>; ++i) y[i] = x[i] > 80 ? whole[i] : y[i];
}

}  // namespace

void exp(const float* x, float* y) { exponential(x, y, -87.3365447505531F, 88.7228390520684F); }
void exp(const double* x, double* y) { exponential(x, y, -708.396418532264, 709.782712893384); }

// clang-format off
void expm1(const float* x, float* y) { exponential_minus_one(x, y); }
void expm1(const double* x, double* y) { exponential_minus_one(x, y); }
void log(const float* x, float* y) { apply(x, y, [](const auto& a) { return a.log(); }); }
void log(const double* x, double* y) { apply(x, y, [](const auto& a) { return a.log(); }); }
void log1p(const float* x, float* y) { apply(x, y, [](const auto& a) { return a.log1p(); }); }
void log1p(const double* x, double* y) { apply(x, y, [](const auto& a) { return a.log1p(); }); }
void tanh(const float* x, float* y) { apply(x, y, [](const auto& a) { return a.tanh(); }); }
void tanh(const double* x, double* y) { apply(x, y, [](const auto& a) { return a.tanh(); }); }
// clang-format on

}  // namespace downhill::pack_detail
