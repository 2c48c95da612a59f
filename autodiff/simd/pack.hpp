#pragma once
/// \file
/// A pack: as many numbers as fill a register, as a number type that rules are written over as they are over a double.
///
/// Arithmetic is that of its lanes. A comparison gives a Mask, one answer for each lane, by which `choose` and
/// `choose_lazily` take the place of `? :` (special.hpp). What a lane gets depends on its own operands alone, never on
/// those of its neighbours. Pack<double> is for the processor that the translation unit is compiled for; see
/// instruction_set.hpp for how a source is compiled for several. Elementary functions are in functions.hpp, and are for
/// such sources; `sqrt`, `fma` and `multiply_add` in machine.hpp.
///
/// Whole numbers make packs too, for the bits of others: `bits_of` and `of_bits`.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include <autodiff/simd/instruction_set.hpp>

namespace downhill::simd {

template <std::size_t bytes>
using SignedBits = std::conditional_t<bytes == 8, std::int64_t, std::int32_t>;
template <class T>
using BitsOf = std::make_unsigned_t<SignedBits<sizeof(T)>>;

template <class T, class Isa = Native, std::size_t lanes = Isa::bytes / sizeof(T)>
struct Mask;

/// `lanes` numbers of type T, a power of two, and no more than fill a register of Isa.
template <class T, class Isa = Native, std::size_t lanes = Isa::bytes / sizeof(T)>
struct Pack {
  static_assert(lanes * sizeof(T) <= Isa::bytes, "a pack is no wider than a register");
  static constexpr std::size_t size = lanes;
  using Number = T;
  using InstructionSet = Isa;
  using Answers = Mask<T, Isa, lanes>;
  typedef T Vector __attribute__((vector_size(lanes * sizeof(T))));

  Vector vector;

  Pack() = default;
  /// The same number in each lane.
  template <class X>
    requires std::is_arithmetic_v<X>
  [[gnu::always_inline]] explicit Pack(X number) : vector(static_cast<T>(number) - Vector{}) {}
  [[gnu::always_inline]] explicit Pack(const Vector& lane) : vector(lane) {}

  T operator[](std::size_t lane) const { return vector[lane]; }

  /// `size` numbers side by side, wherever they begin.
  [[gnu::always_inline]] static Pack load(const T* from) {
    Pack x;
    std::memcpy(&x.vector, from, sizeof(Vector));
    return x;
  }
  [[gnu::always_inline]] void store(T* to) const { std::memcpy(to, &vector, sizeof(Vector)); }
  /// 0, 1, 2, ...
  [[gnu::always_inline]] static Pack counted() {
    return []<std::size_t... i>(std::index_sequence<i...>) {
      return Pack(Vector{static_cast<T>(i)...});
    }(std::make_index_sequence<lanes>());
  }

  // clang-format off
  [[gnu::always_inline]] friend Pack operator+(Pack x, Pack y) { return Pack(x.vector + y.vector); }
  [[gnu::always_inline]] friend Pack operator-(Pack x, Pack y) { return Pack(x.vector - y.vector); }
  [[gnu::always_inline]] friend Pack operator*(Pack x, Pack y) { return Pack(x.vector * y.vector); }
  [[gnu::always_inline]] friend Pack operator/(Pack x, Pack y) { return Pack(x.vector / y.vector); }
  [[gnu::always_inline]] friend Pack operator-(Pack x) { return Pack(-x.vector); }
  [[gnu::always_inline]] friend Pack& operator+=(Pack& x, Pack y) { return x = x + y; }
  [[gnu::always_inline]] friend Pack& operator-=(Pack& x, Pack y) { return x = x - y; }
  [[gnu::always_inline]] friend Pack& operator*=(Pack& x, Pack y) { return x = x * y; }
  [[gnu::always_inline]] friend Pack& operator/=(Pack& x, Pack y) { return x = x / y; }

  [[gnu::always_inline]] friend Answers operator<(Pack x, Pack y) { return Answers::of(x.vector < y.vector); }
  [[gnu::always_inline]] friend Answers operator>(Pack x, Pack y) { return Answers::of(x.vector > y.vector); }
  [[gnu::always_inline]] friend Answers operator<=(Pack x, Pack y) { return Answers::of(x.vector <= y.vector); }
  [[gnu::always_inline]] friend Answers operator>=(Pack x, Pack y) { return Answers::of(x.vector >= y.vector); }
  [[gnu::always_inline]] friend Answers operator==(Pack x, Pack y) { return Answers::of(x.vector == y.vector); }
  [[gnu::always_inline]] friend Answers operator!=(Pack x, Pack y) { return Answers::of(x.vector != y.vector); }

  [[gnu::always_inline]] friend Pack operator&(Pack x, Pack y) requires std::integral<T> { return Pack(x.vector & y.vector); }
  [[gnu::always_inline]] friend Pack operator|(Pack x, Pack y) requires std::integral<T> { return Pack(x.vector | y.vector); }
  [[gnu::always_inline]] friend Pack operator^(Pack x, Pack y) requires std::integral<T> { return Pack(x.vector ^ y.vector); }
  [[gnu::always_inline]] friend Pack operator<<(Pack x, T places) requires std::integral<T> { return Pack(x.vector << places); }
  [[gnu::always_inline]] friend Pack operator>>(Pack x, T places) requires std::integral<T> { return Pack(x.vector >> places); }
  // clang-format on
};

/// One answer for each lane of a pack: all bits or none.
template <class T, class Isa, std::size_t lanes>
struct Mask {
  static constexpr std::size_t size = lanes;
  typedef SignedBits<sizeof(T)> Vector __attribute__((vector_size(lanes * sizeof(T))));

  Vector vector;

  // The compilers differ in whether the answers of a comparison are long or long long.
  template <class Answers>
  [[gnu::always_inline]] static Mask of(const Answers& answers) {
    Mask mask;
    mask.vector = reinterpret_cast<Vector>(answers);
    return mask;
  }
  bool operator[](std::size_t lane) const { return vector[lane] != 0; }

  // How a rule chooses between two values (special.hpp), for each lane: both are worked out where lanes differ.
  template <class P>
  [[gnu::always_inline]] P choose(const P& x, const P& y) const {
    return P(vector ? x.vector : y.vector);
  }
  template <class X, class Y>
  [[gnu::always_inline]] auto choose_lazily(X&& x, Y&& y) const {
    if (!any(*this)) return y();
    if (all(*this)) return x();
    return choose(x(), y());
  }

  // clang-format off
  [[gnu::always_inline]] friend Mask operator&&(Mask x, Mask y) { return of(x.vector & y.vector); }
  [[gnu::always_inline]] friend Mask operator||(Mask x, Mask y) { return of(x.vector | y.vector); }
  [[gnu::always_inline]] friend Mask operator==(Mask x, Mask y) { return of(~(x.vector ^ y.vector)); }
  [[gnu::always_inline]] friend Mask operator!(Mask x) { return of(~x.vector); }
  // clang-format on
};

/// Is the answer yes in all lanes? In any?
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline bool all(Mask<T, Isa, lanes> mask) {
  return !any(!mask);
}
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline bool any(Mask<T, Isa, lanes> mask) {
  [[maybe_unused]] constexpr std::size_t bytes = lanes * sizeof(T);
  using Numbers = typename Pack<std::conditional_t<sizeof(T) == 8, double, float>, Isa, lanes>::Vector;
  [[maybe_unused]] const auto signs = reinterpret_cast<Numbers>(mask.vector);
#ifdef __x86_64__
  if constexpr (bytes == 16 && sizeof(T) == 8) return __builtin_ia32_movmskpd(signs) != 0;
  if constexpr (bytes == 16 && sizeof(T) == 4) return __builtin_ia32_movmskps(signs) != 0;
#endif
#ifdef __AVX__
  if constexpr (bytes == 32 && sizeof(T) == 8) return __builtin_ia32_movmskpd256(signs) != 0;
  if constexpr (bytes == 32 && sizeof(T) == 4) return __builtin_ia32_movmskps256(signs) != 0;
#endif
#ifdef __AVX512DQ__
  using Words = typename Pack<std::conditional_t<sizeof(T) == 8, long long, int>, Isa, lanes>::Vector;
  if constexpr (bytes == 64 && sizeof(T) == 8)
    return __builtin_ia32_cvtq2mask512(reinterpret_cast<Words>(mask.vector)) != 0;
  if constexpr (bytes == 64 && sizeof(T) == 4)
    return __builtin_ia32_cvtd2mask512(reinterpret_cast<Words>(mask.vector)) != 0;
#endif
  SignedBits<sizeof(T)> some = 0;
  for (std::size_t i = 0; i < lanes; ++i) some |= mask.vector[i];
  return some != 0;
}

/// x in the lanes where the answer is yes, y in the others.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> choose(Mask<T, Isa, lanes> mask, Pack<T, Isa, lanes> x,
                                                         Pack<T, Isa, lanes> y) {
  return mask.choose(x, y);
}
template <class T, class Isa, std::size_t lanes, class X, class Y>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> choose_lazily(Mask<T, Isa, lanes> mask, X&& x, Y&& y) {
  return mask.choose_lazily(x, y);
}

/// The bits of floating-point numbers, and back.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<BitsOf<T>, Isa, lanes> bits_of(Pack<T, Isa, lanes> x) {
  using Bits = Pack<BitsOf<T>, Isa, lanes>;
  return Bits(reinterpret_cast<typename Bits::Vector>(x.vector));
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> of_bits(Pack<BitsOf<T>, Isa, lanes> x) {
  return Pack<T, Isa, lanes>(reinterpret_cast<typename Pack<T, Isa, lanes>::Vector>(x.vector));
}
/// The sign bit alone.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<BitsOf<T>, Isa, lanes> sign_bit_of(Pack<T, Isa, lanes> x) {
  return bits_of(x) & Pack<BitsOf<T>, Isa, lanes>(BitsOf<T>(1) << (8 * sizeof(T) - 1));
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> abs(Pack<T, Isa, lanes> x) {
  return of_bits<T>(bits_of(x) ^ sign_bit_of(x));
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> copysign(Pack<T, Isa, lanes> x, Pack<T, Isa, lanes> y) {
  return of_bits<T>((bits_of(x) ^ sign_bit_of(x)) | sign_bit_of(y));
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Mask<T, Isa, lanes> signbit(Pack<T, Isa, lanes> x) {
  return Mask<T, Isa, lanes>::of(sign_bit_of(x).vector != typename Pack<BitsOf<T>, Isa, lanes>::Vector{});
}

/// What is handed on along slopes (chain_rule.hpp).
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> handed_on(Pack<T, Isa, lanes> slope, Pack<T, Isa, lanes> moves) {
  const Pack<T, Isa, lanes> zero(0);
  return choose(slope == zero || moves == zero, zero, slope * moves);
}

}  // namespace downhill::simd

/// What generic code asks of a number, in each lane.
template <class T, class Isa, std::size_t lanes>
struct std::numeric_limits<downhill::simd::Pack<T, Isa, lanes>> : std::numeric_limits<T> {
  using Pack = downhill::simd::Pack<T, Isa, lanes>;
  // clang-format off
  [[gnu::always_inline]] static Pack max() { return Pack(numeric_limits<T>::max()); }
  [[gnu::always_inline]] static Pack min() { return Pack(numeric_limits<T>::min()); }
  [[gnu::always_inline]] static Pack lowest() { return Pack(numeric_limits<T>::lowest()); }
  [[gnu::always_inline]] static Pack epsilon() { return Pack(numeric_limits<T>::epsilon()); }
  [[gnu::always_inline]] static Pack infinity() { return Pack(numeric_limits<T>::infinity()); }
  [[gnu::always_inline]] static Pack quiet_NaN() { return Pack(numeric_limits<T>::quiet_NaN()); }
  // clang-format on
};
