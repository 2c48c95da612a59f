#include <support/random_program.hpp>

#include <algorithm>
#include <random>

#include <autodiff/calculus.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/program.hpp>
#include <autodiff/ranges.hpp>
#include <autodiff/variable.hpp>

namespace random_program {

using namespace downhill;

template <class V>
V of(std::span<const V> w, std::span<const V> s, unsigned seed, std::size_t steps) {
  std::mt19937 random(seed);
  std::vector<V> known;
  for (std::size_t i = 0; i < w.size(); ++i) known.push_back(w[i] * s[i % s.size()]);
  for (std::size_t i = 0; i < s.size(); ++i) known.push_back(s[i]);
  for (std::size_t i = 0; i < w.size(); ++i) known.push_back(w[i]);
  const auto below = [&](std::size_t n) { return random() % n; };
  const auto any = [&] { return known[known.size() - 1 - below(std::min<std::size_t>(known.size(), 8))]; };
  for (std::size_t i = 0; i < steps; ++i) {
    const V a = any(), b = any(), c = any();
    const double number = 0.25 + static_cast<double>(below(100)) / 64;
    const auto turns = below(4) + 1;
    switch (below(20)) {
      case 0: known.push_back(a + b); break;
      case 1: known.push_back(tanh(a * b)); break;
      case 2: known.push_back(sin(a) - number); break;
      case 3: known.push_back(number * a); break;
      case 4: {
        const V x = number * a, y = number * c, z = x + b;
        known.push_back(tanh(z - y));
        break;
      }
      case 5: known.push_back(a / (square(b) + 1.0)); break;
      case 6: known.push_back(max(a, b)); break;
      case 7: known.push_back(exp(-square(a)) * number); break;
      case 8: known.push_back(sigmoid(dot(std::vector<V>{a, b, c}, std::vector<V>{c, a, b}))); break;
      case 9: known.push_back(log_sum_exp(std::vector<V>{a, b, c})); break;
      case 10: known.push_back(sum(std::vector<V>{a, b, c}) * 0.5); break;
      case 11: known.push_back(pow(abs(a) + 0.5, 1.5)); break;
      case 12: {
        const V x = a * number, y = sin(b);
        known.push_back(select(a < b, x, y));
        break;
      }
      case 13: known.push_back(a < b ? V(tanh(a) * number) : V(b - c)); break;
      case 14:
        if (a > number && b <= c)
          known.push_back(tanh(a - b));
        else
          known.push_back(tanh(c + number));
        break;
      case 15: {
        V sum = a;
        for (std::size_t k = 0; k < turns && sum < number; ++k) sum += abs(b) * 0.5 + 0.125;
        known.push_back(tanh(sum));
        break;
      }
      case 16:
        if (a > 2.5 + number) {
          const V x = tanh(a), y = w[0] * b;
          return V(x + y);
        }
        known.push_back(tanh(a));
        break;
      case 17: {
        const V x = tanh(a), y = tanh(b);
        known.push_back(std::max(x, y));
        break;
      }
      case 18: known.push_back(clamp(a, -number, b + 2.0)); break;
      default: {
        const V x = fma(a, b, c) * 0.25, y = square(b) * 0.125;
        known.push_back(x - y);
        break;
      }
    }
    known.back() = known.back() * 0.75;
  }
  const V last = w[0] * known[known.size() / 2];
  return V(known.back() + last);
}

template double of(std::span<const double>, std::span<const double>, unsigned, std::size_t);
template Dual<double> of(std::span<const Dual<double>>, std::span<const Dual<double>>, unsigned, std::size_t);
template Dual<double, 8> of(std::span<const Dual<double, 8>>, std::span<const Dual<double, 8>>, unsigned, std::size_t);
template Symbol<double> of(std::span<const Symbol<double>>, std::span<const Symbol<double>>, unsigned, std::size_t);
template Symbol<float> of(std::span<const Symbol<float>>, std::span<const Symbol<float>>, unsigned, std::size_t);
template Var<double> of(std::span<const Var<double>>, std::span<const Var<double>>, unsigned, std::size_t);
template Var<float> of(std::span<const Var<float>>, std::span<const Var<float>>, unsigned, std::size_t);
template Var<Dual<double>> of(std::span<const Var<Dual<double>>>, std::span<const Var<Dual<double>>>, unsigned,
                              std::size_t);
template Var<Dual<double, 4>> of(std::span<const Var<Dual<double, 4>>>, std::span<const Var<Dual<double, 4>>>, unsigned,
                                 std::size_t);

}  // namespace random_program
