#pragma once
// Arguments that find the weak points of a function: random bit patterns, uniform ones, the surroundings of special
// points.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace downhill::test {

/// Where a function is sampled: an interval, and the points in or around it that deserve attention.
struct Domain {
  double low = -std::numeric_limits<double>::max(), high = std::numeric_limits<double>::max();
  std::vector<double> special = {0, 1, -1};
  bool integers = false;
};

/// Random numbers that are the same everywhere, unlike those of the distributions of the standard library.
class Sampler {
 public:
  explicit Sampler(std::uint64_t seed) : bits_(seed) {}

  double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(bits_() >> 11) * 0x1p-53);
  }

  /// A finite number of the domain.
  template <class T>
  T draw(const Domain& domain) {
    for (;;) {
      const T x = candidate<T>(domain);
      if (std::isfinite(x) && x >= least<T>(domain) && x <= most<T>(domain)) return x;
    }
  }

 private:
  // The bounds in T, still inside of the domain: the smallest double is no float.
  template <class T>
  static T least(const Domain& domain) {
    const T low = T(std::max(domain.low, double(std::numeric_limits<T>::lowest())));
    return double(low) < domain.low ? std::nextafter(low, std::numeric_limits<T>::max()) : low;
  }
  template <class T>
  static T most(const Domain& domain) {
    const T high = T(std::min(domain.high, double(std::numeric_limits<T>::max())));
    return double(high) > domain.high ? std::nextafter(high, std::numeric_limits<T>::lowest()) : high;
  }

  template <class T>
  T candidate(const Domain& domain) {
    using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
    if (domain.integers) return std::round(T(uniform(std::max(domain.low, -40.), std::min(domain.high, 40.))));
    switch (bits_() % 10) {
      case 0:
      case 1: return std::bit_cast<T>(static_cast<Bits>(bits_()));
      case 2: return T(uniform(std::max(domain.low, -2.), std::min(domain.high, 2.)));
      case 3: return T(uniform(std::max(domain.low, -40.), std::min(domain.high, 40.)));
      case 4: return T(uniform(std::max(domain.low, -800.), std::min(domain.high, 800.)));
      case 5: {  // a few steps from a special point
        T x = special<T>(domain);
        const T towards = bits_() % 2 == 0 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::lowest();
        for (auto steps = bits_() % 4; steps > 0; --steps) x = std::nextafter(x, towards);
        return x;
      }
      case 6:  // denormal or nearly so, and nearly infinite
        return sign<T>() * std::ldexp(T(uniform(1, 2)), std::numeric_limits<T>::min_exponent + int(uniform(-54, 30)));
      case 7:
        return sign<T>() * std::ldexp(T(uniform(1, 2)), std::numeric_limits<T>::max_exponent - int(uniform(1, 30)));
      default: {  // around a special point, at any distance
        const T x = special<T>(domain);
        return x + sign<T>() * T(std::exp2(uniform(-60, 0)));
      }
    }
  }

  template <class T>
  T sign() {
    return bits_() % 2 == 0 ? T(1) : T(-1);
  }

  template <class T>
  T special(const Domain& domain) {
    const std::size_t i = bits_() % (domain.special.size() + 2);
    if (i == domain.special.size()) return least<T>(domain);
    if (i == domain.special.size() + 1) return most<T>(domain);
    return T(domain.special[i]);
  }

  std::mt19937_64 bits_;
};

}  // namespace downhill::test
