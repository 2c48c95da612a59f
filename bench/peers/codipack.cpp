// CoDiPack: expression templates, one statement for each assignment, on a global tape.

#include <codi.hpp>

#include "peer.hpp"

namespace {

using downhill::bench::Outcome;
using downhill::bench::Peer;
using Real = codi::RealReverse;

const Peer codipack("CoDiPack", [](const auto& f) {
  const std::vector<Real> inputs(f.point.size());
  return [&f, x = inputs, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    auto& tape = Real::getTape();
    tape.reset();
    tape.setActive();
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = point[i];
      tape.registerInput(x[i]);
    }
    Real y = f(x);
    tape.registerOutput(y);
    tape.setPassive();
    y.setGradient(1.0);
    tape.evaluate();
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = x[i].getGradient();
    return Outcome{y.getValue(), gradient};
  };
});

}  // namespace
