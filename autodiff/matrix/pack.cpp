#include <autodiff/matrix/pack.hpp>

#include <Eigen/Core>

namespace downhill {
namespace {

template <class T, class F>
Pack<T> with_eigen(const Pack<T>& x, F&& f) {
  using Array = Eigen::Array<T, static_cast<int>(Pack<T>::size), 1>;
  Pack<T> y;
  Eigen::Map<Array, Eigen::Aligned64>(y.lane) = f(Eigen::Map<const Array, Eigen::Aligned64>(x.lane));
  return y;
}

// Eigen's stays among the normal numbers; beyond them it is infinity, and 0.
template <class T>
Pack<T> exponential(const Pack<T>& x, T least, T most) {
  const Pack<T> y = with_eigen(x, [](const auto& a) { return a.exp(); });
  return choose(x < Pack<T>(least), Pack<T>(T(0)),
                choose(x > Pack<T>(most), Pack<T>(std::numeric_limits<T>::infinity()), y));
}

}  // namespace

Pack<float> exp(const Pack<float>& x) { return exponential(x, -87.3365447505531F, 88.7228390520684F); }
Pack<double> exp(const Pack<double>& x) { return exponential(x, -708.396418532264, 709.782712893384); }

// clang-format off
Pack<float> expm1(const Pack<float>& x) { return with_eigen(x, [](const auto& a) { return a.expm1(); }); }
Pack<double> expm1(const Pack<double>& x) { return with_eigen(x, [](const auto& a) { return a.expm1(); }); }
Pack<float> log(const Pack<float>& x) { return with_eigen(x, [](const auto& a) { return a.log(); }); }
Pack<double> log(const Pack<double>& x) { return with_eigen(x, [](const auto& a) { return a.log(); }); }
Pack<float> log1p(const Pack<float>& x) { return with_eigen(x, [](const auto& a) { return a.log1p(); }); }
Pack<double> log1p(const Pack<double>& x) { return with_eigen(x, [](const auto& a) { return a.log1p(); }); }
Pack<float> tanh(const Pack<float>& x) { return with_eigen(x, [](const auto& a) { return a.tanh(); }); }
Pack<double> tanh(const Pack<double>& x) { return with_eigen(x, [](const auto& a) { return a.tanh(); }); }
// clang-format on

}  // namespace downhill
