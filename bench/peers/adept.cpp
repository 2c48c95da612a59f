// Adept: expression templates, one statement for each assignment, on a stack that is current for its thread.

#include <adept.h>

#include "peer.hpp"

namespace {

using adept::adouble;
using downhill::bench::Outcome;
using downhill::bench::Peer;

adept::Stack& stack() {
  static adept::Stack only;
  return only;
}

const Peer adept_peer("Adept", [](const auto& f) {
  stack();  // an adouble can only be made when there is one
  const std::vector<adouble> inputs(f.point.size());
  return [&f, x = inputs, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    for (std::size_t i = 0; i < x.size(); ++i) x[i].set_value(point[i]);
    stack().new_recording();
    adouble y = f(x);
    y.set_gradient(1.0);
    stack().compute_adjoint();
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = x[i].get_gradient();
    return Outcome{y.value(), gradient};
  };
});

}  // namespace
