// The vectors of tangents: every width, in float and double, against the same arithmetic on one number at a time.

#include <array>
#include <cstddef>
#include <limits>
#include <utility>

#include <autodiff/dual.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

template <class T, std::size_t N>
std::array<T, N> counted(T first, T step) {
  std::array<T, N> lanes;
  for (std::size_t i = 0; i < N; ++i) lanes[i] = first + step * static_cast<T>(i);
  return lanes;
}

// Passed and returned through a call that is not inlined: how a Dual travels in registers is part of what is tested.
template <class D>
[[gnu::noinline]] D product(D x, D y) {
  return x * y;
}

template <class T, std::size_t N>
void check() {
  INFO(N << " tangents of " << sizeof(T) << " bytes");
  const auto a = counted<T, N>(1, 1), b = counted<T, N>(-3, T(0.5));
  const Dual<T, N> x(3, a), y(4, b), z = product(x, y);
  CHECK(z.value() == 12);
  bool same = true;
  for (std::size_t i = 0; i < N; ++i) same = same && z.tangent(i) == 4 * a[i] + 3 * b[i];
  CHECK(same);

  bool alone = true;
  const Lanes<T, N> steep = Lanes<T, N>::scaled(std::numeric_limits<T>::infinity(), Lanes<T, N>::unit(N / 2));
  for (std::size_t i = 0; i < N; ++i)
    alone = alone && Lanes<T, N>::unit(N / 2)[i] == T(i == N / 2) &&
            steep[i] == (i == N / 2 ? std::numeric_limits<T>::infinity() : T(0));
  CHECK(alone);
}

template <std::size_t... N>
void check_all(std::index_sequence<N...>) {
  (check<float, N + 1>(), ...);
  (check<double, N + 1>(), ...);
}

}  // namespace

TEST_CASE("tangents of every width follow the product rule, lane by lane") {
  check_all(std::make_index_sequence<33>());
}
