// CppAD: a tape of operation codes, which is interpreted. It can be recorded once and evaluated at any point.

#include <cppad/cppad.hpp>

#include <memory>

#include "peer.hpp"

namespace {

using downhill::bench::Outcome;
using downhill::bench::Peer;
using Real = CppAD::AD<double>;

template <class Workload>
void record(const Workload& f, const std::vector<double>& point, CppAD::ADFun<double>& function) {
  std::vector<Real> x(point.begin(), point.end());
  CppAD::Independent(x);
  const std::vector<Real> y{f(x)};
  function.Dependent(x, y);
}

Outcome evaluate(CppAD::ADFun<double>& function, const std::vector<double>& point, std::vector<double>& gradient) {
  const double value = function.Forward(0, point)[0];
  gradient = function.Reverse(1, std::vector<double>{1.0});
  return {value, gradient};
}

const Peer cppad("CppAD", [](const auto& f) {
  // Shared, because an Evaluate may be copied and a function of CppAD may not.
  return [&f, function = std::make_shared<CppAD::ADFun<double>>(),
          gradient = std::vector<double>()](const std::vector<double>& point) mutable {
    record(f, point, *function);
    return evaluate(*function, point, gradient);
  };
});

const Peer cppad_replay("CppAD replay", [](const auto& f) {
  auto recorded = std::make_shared<CppAD::ADFun<double>>();
  record(f, f.point, *recorded);
  return [recorded, gradient = std::vector<double>()](const std::vector<double>& point) mutable {
    return evaluate(*recorded, point, gradient);
  };
});

}  // namespace
