// XAD: expression templates, one statement for each assignment, on a tape that is current for its thread.

#include <XAD/XAD.hpp>

#include "peer.hpp"

namespace {

using downhill::bench::Outcome;
using downhill::bench::Peer;
using Mode = xad::adj<double>;
using Real = Mode::active_type;

Mode::tape_type& tape() {
  static Mode::tape_type only;
  return only;
}

const Peer xad_peer("XAD", [](const auto& f) {
  return [&f, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    tape();  // inputs can only be registered when there is one
    std::vector<Real> x(point.begin(), point.end());
    for (Real& input : x) tape().registerInput(input);
    tape().newRecording();
    Real y = f(x);
    tape().registerOutput(y);
    xad::derivative(y) = 1.0;
    tape().computeAdjoints();
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = xad::derivative(x[i]);
    return Outcome{xad::value(y), gradient};
  };
});

}  // namespace
