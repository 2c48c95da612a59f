// autodiff (autodiff.github.io), reverse mode: a tree of expressions on the heap, walked recursively from its root.

#include <autodiff/reverse/var.hpp>
#include <autodiff/reverse/var/eigen.hpp>

#include <type_traits>

#include "peer.hpp"

namespace {

using autodiff::var;
using downhill::bench::Evaluate;
using downhill::bench::Outcome;
using downhill::bench::Peer;
using downhill::bench::Recurrence;

const Peer autodiff_peer("autodiff", [](const auto& f) -> Evaluate {
  // A subexpression that is used twice is walked twice: each step of this one has three paths to the step before.
  if (std::is_same_v<decltype(f), const Recurrence&>) return {};
  return [&f, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    const auto n = static_cast<Eigen::Index>(point.size());
    std::vector<var> x(point.begin(), point.end());
    Eigen::Map<Eigen::Matrix<var, Eigen::Dynamic, 1>> parameters(x.data(), n);
    const var y = f(x);
    Eigen::Map<Eigen::VectorXd>(gradient.data(), n) = autodiff::gradient(y, parameters);
    return Outcome{autodiff::val(y), gradient};
  };
});

}  // namespace
