// Sacado's reverse mode, Rad: a node with pointers to its operands for every operation. Its tape is global, and the
// first number made after a sweep starts it anew.

#include <Sacado.hpp>

#include "peer.hpp"

namespace {

using downhill::bench::Outcome;
using downhill::bench::Peer;
using Real = Sacado::Rad::ADvar<double>;

const Peer sacado("Sacado", [](const auto& f) {
  return [&f, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    const std::vector<Real> x(point.begin(), point.end());
    const Real y = f(x);
    Real::Gradcomp();
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = x[i].adj();
    return Outcome{y.val(), gradient};
  };
});

}  // namespace
