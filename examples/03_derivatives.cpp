// Derivatives of every kind of one function of two numbers, each beside the same derivative worked out by hand:
//
//     f(x, y) = x² y + sin x     at x = 2, y = 3

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include <autodiff/autodiff.hpp>

namespace {

using Point = std::array<double, 2>;

const auto f = [](const auto& p) { return p[0] * p[0] * p[1] + sin(p[0]); };
const auto map = [](const auto& p) { return std::array{p[0] * p[1], exp(p[0] - p[1])}; };

constexpr Point at{2, 3};
constexpr double x = at[0], y = at[1];

double farthest_apart = 0;

void row(std::string_view name, std::string_view by_hand, double got, double expected) {
  farthest_apart = std::max(farthest_apart, std::abs(got - expected) / std::max(1.0, std::abs(expected)));
  fmt::print("  {:<24} {:<30} {:>14.10f} {:>14.10f} {:>9.1e}\n", name, by_hand, got, expected, got - expected);
}

void show_gradient() {
  const auto [value, slopes] = downhill::value_and_gradient(f, at);
  row("f", "x² y + sin x", value, x * x * y + std::sin(x));
  row("gradient: df/dx", "2 x y + cos x", slopes[0], 2 * x * y + std::cos(x));
  row("          df/dy", "x²", slopes[1], x * x);
}

void show_products() {
  const Point v{1, -2};
  row("jvp along (1, -2)", "df/dx - 2 df/dy", downhill::jvp(f, at, v).tangent, 2 * x * y + std::cos(x) - 2 * x * x);
  const auto pulled = downhill::vjp(map, at, std::array{1.0, 10.0});
  row("vjp of g, (1, 10): d/dx", "y + 10 exp(x - y)", pulled.gradient[0], y + 10 * std::exp(x - y));
  row("                   d/dy", "x - 10 exp(x - y)", pulled.gradient[1], x - 10 * std::exp(x - y));
  const auto matrix = downhill::jacobian(map, at);
  row("Jacobian of g: g1 by x", "y", matrix(0, 0), y);
  row("               g2 by y", "-exp(x - y)", matrix(1, 1), -std::exp(x - y));
  row("divergence of g", "y - exp(x - y)", downhill::divergence(map, at), y - std::exp(x - y));
}

void show_second_derivatives() {
  const auto h = downhill::hessian(f, at);
  row("Hessian: f by x, x", "2 y - sin x", h(0, 0), 2 * y - std::sin(x));
  row("         f by x, y", "2 x", h(0, 1), 2 * x);
  row("         f by y, y", "0", h(1, 1), 0);
  const Point product = downhill::hessian_vector_product(f, at, Point{1, -2});
  row("Hessian times (1, -2)", "2 y - sin x - 4 x", product[0], 2 * y - std::sin(x) - 4 * x);
  row("", "2 x", product[1], 2 * x);
  row("laplacian", "2 y - sin x", downhill::laplacian(f, at), 2 * y - std::sin(x));
  using Third = downhill::Dual<downhill::Dual<downhill::Dual<double>>>;
  const Third moving(downhill::Dual<downhill::Dual<double>>(downhill::Dual<double>(x, 1), 1), 1);
  row("third: f by x, x, x", "-cos x", f(std::array<Third, 2>{moving, y}).tangent().tangent().tangent(), -std::cos(x));
}

void show_tapes() {
  const auto step = [](const auto& a, const auto& b) { return sin(a) * b + a / (1 + b * b); };
  const auto fused = downhill::fuse(step);
  const auto kept = downhill::recompute([&](const auto& a, const auto& b) { return step(step(step(a, b), b), b); });
  std::optional<double> first_of_tapes;
  const auto report = [&](std::string_view name, auto&& three_steps) {
    downhill::Tape<double> tape;
    const auto a = tape.variable(x), b = tape.variable(y);
    const auto result = three_steps(a, b);
    const auto gradient = tape.gradient(result);
    first_of_tapes = first_of_tapes.value_or(gradient[a]);
    farthest_apart = std::max(farthest_apart, std::abs(gradient[a] - *first_of_tapes));
    fmt::print("  {:<24} {:>2} statements, {:>3} bytes of edges   d/da = {:.12f}   d/db = {:.12f}\n", name,
               tape.statements(), tape.bytes(), gradient[a], gradient[b]);
  };
  report("three steps as they are", [&](auto a, auto b) { return step(step(step(a, b), b), b); });
  report("each step fused", [&](auto a, auto b) { return fused(fused(fused(a, b), b), b); });
  report("all three, recomputed", [&](auto a, auto b) { return kept(a, b); });
}

}  // namespace

int main() {
  fmt::print("f(x, y) = x² y + sin x and g(x, y) = (x y, exp(x - y)) at x = {}, y = {}\n\n", x, y);
  fmt::print("  {:<24} {:<30} {:>14} {:>14} {:>9}\n", "", "by hand", "computed", "by hand", "apart");
  show_gradient();
  show_products();
  show_second_derivatives();

  fmt::print("\nThe same program can leave a large tape or a small one; the derivatives are the same:\n\n");
  show_tapes();

  fmt::print("\nIs a gradient right? Here df/dx is right, and df/dy is written with a mistake, x² + 0.002:\n\n{}",
             downhill::check_gradient(f, at, Point{2 * x * y + std::cos(x), x * x + 0.002}).table());
  fmt::print("\nWhere a slope jumps, the check says so instead of failing:\n\n{}",
             downhill::check_gradient([](const auto& p) { return abs(p[0]) + p[1]; }, Point{0, 1}).table());
  return farthest_apart < 1e-13 ? 0 : 1;
}
