#pragma once
/// \file
/// Circular functions over packs. The argument is brought near 0 by a multiple of pi/2, in two parts; arguments beyond
/// two million, where such a multiple is not exact enough, are left to the scalar functions, lane by lane.
/// Source of the reduction: Cody and Waite, "Software Manual for the Elementary Functions" (1980).

#include <autodiff/simd/lane_by_lane.hpp>
#include <autodiff/simd/polynomial.hpp>

namespace downhill::simd {

/// x = n pi/2 + r, |r| <= pi/4.
template <class P>
struct Reduced {
  P r, rest;  // of the angle, rest what r leaves
  Pack<BitsOf<typename P::Number>, typename P::InstructionSet, P::size> quadrant;
};

inline constexpr double most_angle = 0x1p20 * 1.5707963267948966;

/// The parts of pi/2 have 33 digits, of which multiples by n are exact.
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Reduced<Pack<double, Isa, lanes>> reduced_angle(Pack<double, Isa, lanes> x) {
  using P = Pack<double, Isa, lanes>;
  const auto n = nearest_whole(x, P(0x1.45f306dc9c883p-1));
  const P first = x - n.number * P(0x1.921fb544p+0);
  const Parts<P> second = sum_in_parts(first, n.number * P(-0x1.0b4611a6p-34));
  const Parts<P> third = sum_in_parts(second.high, n.number * P(-0x1.3198a2e0p-69));
  return {third.high, (second.low + third.low) + n.number * P(-0x1.b839a252049c1p-104), n.bits};
}
/// Of a float: two parts are enough.
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Reduced<Pack<double, Isa, lanes>> reduced_angle_of_float(Pack<double, Isa, lanes> x) {
  using P = Pack<double, Isa, lanes>;
  const auto n = nearest_whole(x, P(0x1.45f306dc9c883p-1));
  return {(x - n.number * P(0x1.921fb544p+0)) + n.number * P(-0x1.0b4611a626331p-34), P(0), n.bits};
}

/// sin r and cos r, |r| <= pi/4.
template <class P>
struct SineAndCosine {
  P sine, cosine;
};
template <class P>
[[gnu::always_inline]] inline SineAndCosine<P> sine_and_cosine(const Reduced<P>& angle) {
  // (sin r - r) / r³ and (cos r - 1 + r²/2) / r⁴, minimax polynomials of r² with the errors 4e-18 and 5e-20.
  static constexpr double sine[] = {-0.166666666666666301756,    0.00833333333332197469917,
                                    -0.000198412698294698367969, 0.00000275573135784039411736,
                                    -2.50507408194754095937e-8,  1.58958159934778418179e-10};
  static constexpr double cosine[] = {0.0416666666666665985256,    -0.0013888888888873950171,
                                      0.0000248015872893683866848, -2.75573143180393901147e-7,
                                      2.08757184312693738895e-9,   -1.13593883017072115075e-11};
  const P& r = angle.r;
  const P z = r * r, half = P(0.5) * z, rounded = P(1) - half;
  return {r + multiply_add(z * r, polynomial(z, sine), angle.rest * rounded),
          rounded + multiply_add(z * z, polynomial(z, cosine), ((P(1) - rounded) - half) - r * angle.rest)};
}
/// To the digits of a float: errors 4e-9 and 1e-10.
template <class P>
[[gnu::always_inline]] inline SineAndCosine<P> sine_and_cosine_of_float(const Reduced<P>& angle) {
  static constexpr double sine[] = {-0.166666545166744547191, 0.00833215476707640480187, -0.000195144540656380065425};
  static constexpr double cosine[] = {0.0416666467154077858033, -0.00138873597969526159724,
                                      0.0000244375335807300635303};
  const P z = angle.r * angle.r;
  return {multiply_add(z * angle.r, polynomial(z, sine), angle.r),
          multiply_add(z * z, polynomial(z, cosine), multiply_add(z, P(-0.5), P(1)))};
}

/// sin(quadrant pi/2 + r).
template <class P, class Bits>
[[gnu::always_inline]] inline P turned(const SineAndCosine<P>& of, Bits quadrant) {
  const Bits odd = quadrant & Bits(1), sign = (quadrant & Bits(2)) << 62;
  const auto is_even = P::Answers::of((odd == Bits(0)).vector);
  return of_bits<double>(bits_of(choose(is_even, of.sine, of.cosine)) ^ sign);
}
/// tan(quadrant pi/2 + r).
template <class P, class Bits>
[[gnu::always_inline]] inline P tangent(const SineAndCosine<P>& of, Bits quadrant) {
  const auto is_even = P::Answers::of(((quadrant & Bits(1)) == Bits(0)).vector);
  return choose(is_even, of.sine, -of.cosine) / choose(is_even, of.cosine, of.sine);
}

/// f of the parts of x, and of large x the rule's value.
template <class Rule, class F, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<double, Isa, lanes> of_angle(Pack<double, Isa, lanes> x, F&& f) {
  using P = Pack<double, Isa, lanes>;
  const auto angle = reduced_angle(x);
  return value_where<Rule>(!(abs(x) <= P(most_angle)), f(x, sine_and_cosine(angle), angle.quadrant), x);
}
template <class Rule, class F, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<float, Isa, lanes> of_angle(Pack<float, Isa, lanes> x, F&& f) {
  return in_doubles(
      [&]<class P>(P y) {
        const auto angle = reduced_angle_of_float(y);
        return value_where<Rule>(!(abs(y) <= P(most_angle)), f(y, sine_and_cosine_of_float(angle), angle.quadrant), y);
      },
      x);
}

template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> sin(Pack<T, Isa, lanes> x) {
  return of_angle<Sin>(x, []<class P>(P y, const SineAndCosine<P>& of, auto quadrant) {
    return choose(y == P(0), y, turned(of, quadrant));
  });
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> cos(Pack<T, Isa, lanes> x) {
  return of_angle<Cos>(x, []<class P>(P, const SineAndCosine<P>& of, auto quadrant) {
    return turned(of, quadrant + decltype(quadrant)(1));
  });
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> tan(Pack<T, Isa, lanes> x) {
  return of_angle<Tan>(x, []<class P>(P y, const SineAndCosine<P>& of, auto quadrant) {
    return choose(y == P(0), y, tangent(of, quadrant));
  });
}

}  // namespace downhill::simd
