// What the other derivatives cost: jvp, Hessian-vector products, Hessians, Jacobians, and what fuse and recompute
// save.

#include "derivatives.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/fuse.hpp>
#include <autodiff/recompute.hpp>

#include "contender.hpp"
#include "projection.hpp"
#include "workloads.hpp"

namespace downhill::bench {
namespace {

Contender& add(const std::string& workload, std::string name, std::vector<double> point, Evaluate evaluate) {
  return contenders().emplace_back(Contender{workload, std::move(name), std::move(point), std::move(evaluate)});
}

// ---- Rosenbrock's function of n parameters, in every mode

const auto rosenbrock = [](const auto& x) {
  std::remove_cvref_t<decltype(x[0])> sum(0.0);
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const auto valley = x[i + 1] - x[i] * x[i];
    const auto offset = 1.0 - x[i];
    sum += 100.0 * valley * valley + offset * offset;
  }
  return sum;
};

void add_rosenbrock(std::size_t n) {
  const std::string workload = "Rosenbrock n=" + std::to_string(n);
  const std::vector<double> point = scattered(n, 4), v = scattered(n, 5);
  add(workload, "P", point, [](const auto& x) { return Outcome{rosenbrock(x)}; });
  add(workload, "jvp", point, [v](const auto& x) { return Outcome{jvp(rosenbrock, x, v).tangent}; });
  add(workload, "gradient", point, [](const auto& x) { return Outcome{gradient(rosenbrock, x)[0]}; });
  add(workload, "Hessian x v", point,
      [v](const auto& x) { return Outcome{hessian_vector_product(rosenbrock, x, v)[0]}; });
  add(workload, "Hessian", point, [](const auto& x) { return Outcome{hessian(rosenbrock, x)(0, 0)}; }).repetitions =
      n >= 1000 ? 8 : 0;
}

// ---- the Jacobian of a projection, 3 x 15

void add_projection() {
  const std::string workload = "projection 3x15";
  const std::vector<double> point(Projection::point.begin(), Projection::point.end());
  const auto array_of = [](const std::vector<double>& x) {
    std::array<double, 15> a;
    std::copy_n(x.begin(), 15, a.begin());
    return a;
  };
  add(workload, "P", point, [=](const auto& x) {
    const auto r = Projection{}(array_of(x));
    return Outcome{r[0] + r[1] + r[2]};
  });
  add(workload, "Jacobian, Dual<double, 15>", point,
      [=, matrix = Eigen::Matrix<double, 3, 15, Eigen::RowMajor>()](const auto& x) mutable {
        matrix = jacobian(Projection{}, array_of(x));
        return Outcome{matrix(0, 0), {matrix.data(), 45}};
      });
  add(workload, "3 reverse sweeps", point,
      [=, tape = std::make_shared<Tape<double>>(), swept = Gradient<double>(),
       matrix = Eigen::Matrix<double, 3, 15, Eigen::RowMajor>()](const auto& x) mutable {
        tape->clear();
        std::array<Var<double>, 15> inputs;
        for (std::size_t i = 0; i < 15; ++i) inputs[i] = tape->variable(x[i]);
        Eigen::Index row = 0;
        for (const Var<double>& r : Projection{}(inputs)) {
          tape->gradient(r, swept);
          for (Eigen::Index j = 0; j < 15; ++j) matrix(row, j) = swept.parameters()[static_cast<std::size_t>(j)];
          ++row;
        }
        return Outcome{matrix(0, 0), {matrix.data(), 45}};
      });
}

// ---- fuse: a recurrence whose step is a small function of two operands

const auto step = [](const auto& s, const auto& x) {
  using std::exp, std::log, std::sin;
  return sin(s * x) + exp(-s * s) * log(1.0 + x * x) / (1.0 + s * s * x * x);
};

template <class Step>
auto recorded_steps(const Step& f) {
  return [f, tape = std::make_shared<Tape<double>>(), x = std::vector<Var<double>>(),
          swept = Gradient<double>()](const std::vector<double>& at) mutable {
    tape->clear();
    tape->variables(at, x);
    Var<double> s = x[0];
    for (const Var<double>& v : x) s = f(s, v);
    tape->gradient(s, swept);
    return Outcome{s.value(), swept.parameters()};
  };
}

void add_fuse() {
  const std::string workload = "fuse 1,000 steps";
  const std::vector<double> point = scattered(1000, 5);
  add(workload, "P", point, [](const auto& x) {
    double s = x[0];
    for (const double v : x) s = step(s, v);
    return Outcome{s};
  });
  const auto bytes_of = [&](const auto& f) {
    Tape<double> tape;
    const auto x = tape.variables(point);
    Var<double> s = x[0];
    for (const Var<double>& v : x) s = f(s, v);
    return static_cast<double>(tape.bytes());
  };
  add(workload, "gradient", point, recorded_steps(step)).counts = {{"bytes", bytes_of(step)}};
  add(workload, "fused", point, recorded_steps(fuse(step))).counts = {{"bytes", bytes_of(fuse(step))}};
}

// ---- recompute: a recurrence of many steps, with and without

constexpr int many = 1'000'000, segment_length = 1'000;

template <class X>
X some_steps(X x, const X& w) {
  using std::cos, std::sin;
  for (int i = 0; i < segment_length; ++i) x = sin(x) + 0.5 * w * cos(x);
  return x;
}

template <class Segment>
double recurrence_gradient(const Segment& segment, int steps) {
  Tape<double> tape;
  const auto w = tape.variable(0.8);
  Var<double> x = tape.variable(0.3);
  for (int i = 0; i < steps / segment_length; ++i) x = segment(x, w);
  return tape.gradient(x)[w];
}

// The most memory that this work ever held, in a process of its own, less that of one that does nothing.
template <class Work>
double peak_megabytes(const Work& work) {
  const auto peak_of = [](const auto& inner) {
    const pid_t child = fork();
    if (child == 0) {
      inner();
      _exit(0);
    }
    rusage usage{};
    int status = 0;
    return child > 0 && wait4(child, &status, 0, &usage) == child ? static_cast<double>(usage.ru_maxrss) / 1024 : NAN;
  };
  return peak_of(work) - peak_of([] {});
}

void add_recompute() {
  const std::string workload = "recompute 1,000,000 steps";
  const auto plain = [](const Var<double>& x, const Var<double>& w) { return some_steps(x, w); };
  const auto kept = recompute([](const Var<double>& x, const Var<double>& w) { return some_steps(x, w); });
  add(workload, "P", {0.8}, [](const auto& at) {
    double x = 0.3;
    for (int i = 0; i < many / segment_length; ++i) x = some_steps(x, at[0]);
    return Outcome{x};
  }).repetitions = 8;
  const auto megabytes_of = [](const auto& segment) {
    return peak_megabytes([&] { recurrence_gradient(segment, many); });
  };
  const auto add_gradient = [&](std::string name, const auto& segment) {
    Contender& made =
        add(workload, std::move(name), {0.8}, [=](const auto&) { return Outcome{recurrence_gradient(segment, many)}; });
    made.counts = {{"peak_megabytes", megabytes_of(segment)}};
    made.repetitions = 8;
  };
  add_gradient("gradient", plain);
  add_gradient("recomputed", kept);
}

}  // namespace

void add_derivatives() {
  for (const std::size_t n : {2U, 10U, 100U, 1000U}) add_rosenbrock(n);
  add_projection();
  add_fuse();
  add_recompute();
}

}  // namespace downhill::bench
