#pragma once
/// \file
/// Second derivatives at a kink that the function smooths, as square(norm(x)) does at 0.
///
/// There a rule's own slope is a convention, and what the chain rule makes of it is NaN (smoothness.hpp) or not to be
/// trusted. But beside the kink everything is smooth, and if the second derivatives there tend to one limit from all
/// sides, and the value and the first derivatives do as well, then the limit is the second derivative at the point, by
/// the mean value theorem. If they tend to different limits, or to none, there is no second derivative.
///
/// A limit is taken along a ray x + t d, at four t that fall by a factor of 4, by Aitken's process: it is exact for
/// L + c t^p, whatever the power p. Rays come in opposite pairs: a kink is a surface, and the two rays of a pair lie on
/// its two sides. On some rays two given inputs move to the same side and on others to opposite sides, and some rays
/// are random. All displacements are exact: they have a few bits, and the size of the number that they displace.
///
/// Source: Aitken, "On Bernoulli's numerical solution of algebraic equations", Proc. R. Soc. Edinb. 46 (1926).

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <autodiff/derivatives/function.hpp>

namespace downhill::derivatives_detail {

/// What one evaluation of a function gives: its value, first derivatives and second ones, as many as were asked for.
template <class S>
struct SecondOrder {
  S value = 0;
  std::vector<S> first = {}, second = {};
  bool is_at_edge = false;  ///< whether a tie or an infinite slope was met, so that the derivatives have to be verified
};

/// A number that a sequence of four tends to, as far as it can be told.
template <class S>
struct Limit {
  S value;
  bool exists;
};
/// `noise` is what may come of rounding errors, `slack` how far off it may be as a part of how far the sequence goes.
template <class S>
Limit<S> limit_of(const std::array<S, 4>& g, S noise, S slack) {
  constexpr S close = std::numeric_limits<S>::digits > 24 ? S(0x1p-30) : S(0x1p-10);
  const S size = std::max({std::abs(g[0]), std::abs(g[1]), std::abs(g[2]), std::abs(g[3])});
  if (!is_finite(size)) return {g[3], false};
  const S d1 = g[1] - g[0], d2 = g[2] - g[1], d3 = g[3] - g[2];
  const S change = std::max({std::abs(d1), std::abs(d2), std::abs(d3)});
  if (change <= noise) return {g[3], true};
  const S q2 = d2 / d1, q3 = d3 / d2;
  if (std::abs(q2) < S(0.9) && std::abs(q3) < S(0.9)) {
    const S before = g[2] + d2 * (q2 / (1 - q2)), last = g[3] + d3 * (q3 / (1 - q3));
    if (std::abs(last - before) <= close * size + slack * change + noise) return {last, true};
  }
  return {g[3], change <= close * size};
}

/// Takes the limits of several numbers at once, ray by ray, and tells whether those of all rays agree.
template <class S>
class Limits {
 public:
  /// The slack is that of limit_of.
  Limits(std::size_t count, S slack) : slack_(slack), value_(count), state_(count, State::open) {}

  /// Another ray. `of(k, i)` is number i at the k-th place on it; beside numbers of the size of `largest`, its digits
  /// may be lost.
  template <class Of>
  void add(Of&& of, S largest = 0) {
    constexpr bool is_double = std::numeric_limits<S>::digits > 24;
    for (std::size_t i = 0; i < value_.size(); ++i) {
      const S size = std::abs(of(std::size_t{3}, i));
      if (downhill::is_finite(size)) largest = std::max(largest, size);
    }
    for (std::size_t i = 0; i < value_.size(); ++i) {
      if (state_[i] > State::agrees) continue;
      const std::array<S, 4> g{of(std::size_t{0}, i), of(std::size_t{1}, i), of(std::size_t{2}, i),
                               of(std::size_t{3}, i)};
      if (!std::all_of(g.begin(), g.end(), [](S x) { return downhill::is_finite(x); })) {
        state_[i] = State::not_finite;
        continue;
      }
      const auto [limit, exists] = limit_of(g, S((is_double ? S(0x1p-46) : S(0x1p-18)) * largest), slack_);
      const S size = std::max(std::abs(g[3]), std::abs(limit));
      const S allowed = (is_double ? S(0x1p-27) : S(0x1p-9)) * std::max(size, std::abs(g[0])) +
                        (is_double ? S(0x1p-40) : S(0x1p-14)) * largest + slack_ * std::abs(g[0] - limit);
      if (!exists || (state_[i] == State::agrees && !(std::abs(limit - value_[i]) <= allowed)))
        state_[i] = State::differs;
      else if (state_[i] == State::open)
        state_[i] = State::agrees, value_[i] = limit;
    }
  }
  bool exists(std::size_t i) const { return state_[i] == State::agrees; }
  bool is_finite(std::size_t i) const { return state_[i] != State::not_finite; }
  S value(std::size_t i) const { return value_[i]; }

 private:
  S slack_;
  enum class State { open, agrees, differs, not_finite };
  std::vector<S> value_;
  std::vector<State> state_;
};

/// The rays on which limits are taken at x.
template <class S, class P>
class Rays {
 public:
  explicit Rays(const P& x) : x_(x) {
    S largest = 0;
    for (std::size_t i = 0; i < size_of(x); ++i) largest = std::max(largest, std::abs(number_at<S>(x, i)));
    is_origin_ = largest == 0;
    size_ = is_origin_ ? 0 : std::ilogb(largest);
  }
  std::size_t count() const {
    const std::size_t n = size_of(x_);
    return n == 1 ? 1 : 4 + static_cast<std::size_t>(std::bit_width(n - 1)) + 1;
  }
  /// The size of the largest number, 1 at the origin.
  S size() const { return std::ldexp(S(1), size_); }
  /// How far off the last of the four places is, as a power of 2 of the size of each number: from near to nearer.
  std::vector<int> distances() const {
    if (std::numeric_limits<S>::digits <= 24) return {-14};
    return is_origin_ ? std::vector<int>{-30, -39, -66, -126} : std::vector<int>{-30, -39};
  }
  auto place(std::size_t ray, bool opposite, int distance) const {
    return filled<S>(x_, [&](std::size_t i) {
      const S x = number_at<S>(x_, i);
      const std::uint64_t random = scrambled(ray * 0x10001 + i);
      const bool flipped = ray < 4 ? (random & 32) != 0 : ray > 4 && (i >> (ray - 5) & 1) != 0;
      const S step =
          std::ldexp(static_cast<S>(32 + random % 32), (x == 0 ? std::min(size_, 0) : std::ilogb(x)) + distance - 5);
      return flipped == opposite ? S(x + step) : S(x - step);
    });
  }

 private:
  // splitmix64
  static std::uint64_t scrambled(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  const P& x_;
  bool is_origin_ = false;
  int size_ = 0;  // of the largest number, as a power of 2
};

/// Puts limits in place of those second derivatives that are not finite, where the limits exist, and of all where they
/// are to be verified; of these, those that have no limit become NaN. `at(x)` evaluates anew; `needed(k,
/// is_continuous)` says whether the first derivatives that the k-th second one stands on are continuous. Each of 2 *
/// rays limits takes four evaluations; where none is left to find, it ends.
template <class S, class P, class At, class Needed>
void take_limits(SecondOrder<S>& known, const P& x, At&& at, Needed&& needed) {
  std::vector<std::size_t> open;
  for (std::size_t k = 0; k < known.second.size(); ++k)
    if (known.is_at_edge || !is_finite(known.second[k])) open.push_back(k);
  if (open.empty() || !is_finite(known.value)) return;
  for (std::size_t i = 0; i < size_of(x); ++i)
    if (!is_finite(number_at<S>(x, i))) return;
  const Rays<S, P> rays(x);
  std::vector<bool> was_finite(known.second.size(), true);
  for (const int distance : rays.distances()) {
    constexpr S slack = S(0x1p-12);
    Limits<S> value(1, slack), first(known.first.size(), slack), second(known.second.size(), 0);
    const auto exists = [&](std::size_t k) {
      return second.exists(k) && value.exists(0) && needed(k, [&](std::size_t i) { return first.exists(i); });
    };
    value.add([&](std::size_t, std::size_t) { return known.value; });
    for (std::size_t ray = 0; ray < 2 * rays.count(); ++ray) {
      std::array<SecondOrder<S>, 4> seen;
      for (int k = 0; k < 4; ++k)
        seen[static_cast<std::size_t>(k)] = at(rays.place(ray / 2, ray % 2 == 1, distance + 2 * (3 - k)));
      value.add([&](std::size_t k, std::size_t) { return seen[k].value; });
      first.add([&](std::size_t k, std::size_t i) { return seen[k].first[i]; });
      S steepness = std::abs(seen[3].value) / rays.size();
      for (const S slope : seen[3].first)
        if (is_finite(slope)) steepness = std::max(steepness, std::abs(slope));
      second.add([&](std::size_t k, std::size_t i) { return seen[k].second[i]; }, steepness / rays.size());
      if (std::none_of(open.begin(), open.end(), exists)) break;
    }
    std::erase_if(open, [&](std::size_t k) {
      was_finite[k] = was_finite[k] && value.is_finite(0) && second.is_finite(k);
      if (!exists(k)) return false;
      const S limit = second.value(k);
      if (!(std::abs(known.second[k] - limit) <= S(0x1p-12) * std::abs(limit))) known.second[k] = limit;
      return true;
    });
    if (open.empty()) return;
  }
  for (const std::size_t k : open)
    if (was_finite[k] && is_finite(known.second[k])) known.second[k] = std::numeric_limits<S>::quiet_NaN();
}

/// The same of H v, where `found` has the gradient and behind it its component along v: H v stands on both.
template <class S, class P, class At>
SecondOrder<S> product_with_limits(SecondOrder<S> found, const P& x, At&& at) {
  const std::size_t along = size_of(x);
  take_limits(found, x, at,
              [along](std::size_t i, auto&& is_continuous) { return is_continuous(i) || is_continuous(along); });
  return found;
}

}  // namespace downhill::derivatives_detail
