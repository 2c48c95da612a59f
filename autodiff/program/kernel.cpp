#include <autodiff/program/kernel.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus/smoothness.hpp>
#include <autodiff/dual.hpp>

namespace downhill::program_detail {
namespace {

// To an operand's adjoint, in one lane.
template <class N>
void hand_on(const Frame<N>& frame, const Operand& operand, std::size_t lane, const N& part) {
  N& to = frame.adjoint(operand.adjoint)[lane];
  to = operand.is_first ? part : to + part;
}

// The value and the slopes of a rule over numbers that may carry tangents.
template <class Rule, class N, class... X>
bool keeps_conventions(Nesting nesting, const X&... x) {
  namespace d = smoothness_detail;
  if constexpr (Active<N>)
    return nesting == Nesting::in_forward_mode ||
           (nesting == Nesting::at_generic_place && ((d::is_at_rest(x) && ...) || d::is_idle<Rule>(x...)));
  else
    return false;
}
template <class Rule, class N, class... X>
N value_at(Nesting nesting, const X&... x) {
  return keeps_conventions<Rule, N>(nesting, x...) ? Rule::template value<N>(x...) : value_within<Rule, N>(x...);
}
template <class Rule, std::size_t k, class N, class... X>
N slope_at(Nesting nesting, const N& v, const X&... x) {
  return keeps_conventions<Rule, N>(nesting, x...) ? slope_of<Rule, k, N>(v, x...) : slope_within<Rule, k, N>(v, x...);
}

// ---- one, two or three operands
template <class Rule, class N, class Index>
struct Fixed;
template <class Rule, class N, std::size_t... i>
struct Fixed<Rule, N, std::index_sequence<i...>> {
  static void forward(const Frame<N>& frame, const Step& step, const Operand* x) {
    const std::array<const N*, sizeof...(i)> at{frame.value(x[i].value)...};
    N* const result = frame.value(step.value);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane)
      result[lane] = value_at<Rule, N>(frame.nesting, at[i][lane]...);
  }
  static void reverse(const Frame<N>& frame, const Step& step, const Operand* x) {
    const std::array<const N*, sizeof...(i)> at{frame.value(x[i].value)...};
    const N *const result = frame.value(step.value), *const adjoint = frame.adjoint(step.adjoint);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      const N g = adjoint[lane];
      const bool stops = is_zero(g);
      const auto slope = [&](auto k) { return slope_at<Rule, k, N>(frame.nesting, result[lane], at[i][lane]...); };
      const auto along = [&](auto k) {
        if (x[k].is_wanted()) hand_on(frame, x[k], lane, stops ? N(0) : handed_on(slope(k), g));
      };
      (along(std::integral_constant<std::size_t, i>{}), ...);
    }
  }
};

// ---- ranges: the operands of one lane, or some of them, as a range
template <class N>
class Lane {
 public:
  Lane(const Frame<N>& frame, const Operand* begin, const Operand* end, std::size_t lane)
      : frame_(frame), begin_(begin), end_(end), lane_(lane) {}
  class iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = N;
    using difference_type = std::ptrdiff_t;
    using pointer = const N*;
    using reference = const N&;
    iterator() = default;
    iterator(const Lane* range, const Operand* at) : range_(range), at_(at) {}
    const N& operator*() const { return range_->frame_.value(at_->value)[range_->lane_]; }
    iterator& operator++() { return ++at_, *this; }
    iterator operator++(int) { return iterator(range_, at_++); }
    iterator& operator--() { return --at_, *this; }
    iterator operator--(int) { return iterator(range_, at_--); }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const Lane* range_ = nullptr;
    const Operand* at_ = nullptr;
  };
  iterator begin() const { return {this, begin_}; }
  iterator end() const { return {this, end_}; }
  std::reverse_iterator<iterator> rbegin() const { return std::reverse_iterator(end()); }
  std::reverse_iterator<iterator> rend() const { return std::reverse_iterator(begin()); }
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  const N& operator[](std::size_t i) const { return frame_.value(begin_[i].value)[lane_]; }

 private:
  friend class iterator;
  const Frame<N>& frame_;
  const Operand *begin_, *end_;
  std::size_t lane_;
};

// each(operands, visit) calls visit(index of an operand, the slope along it), in the order of the edges on a tape.
template <class Rule>
struct Slopes;
template <>
struct Slopes<RangeSum> {
  template <class N, class Visit>
  static void each(const Lane<N>& x, Visit&& visit) {
    for (std::size_t i = 0; i < x.size(); ++i) visit(i, N(1));
  }
};
template <>
struct Slopes<RangeMean> {
  template <class N, class Visit>
  static void each(const Lane<N>& x, Visit&& visit) {
    for (std::size_t i = 0; i < x.size(); ++i) visit(i, N(1) / static_cast<N>(x.size()));
  }
};
template <>
struct Slopes<RangeNorm> {
  template <class N, class Visit>
  static void each(const Lane<N>& x, Visit&& visit) {
    const ranges_detail::Norm<N> of(x);
    for (std::size_t i = 0; i < x.size(); ++i) visit(i, of.slope(x[i], i));
  }
};
template <>
struct Slopes<RangeLogSumExp> {
  template <class N, class Visit>
  static void each(const Lane<N>& x, Visit&& visit) {
    const ranges_detail::LogSumExp<N> of(x);
    for (std::size_t i = 0; i < x.size(); ++i) visit(i, of.slope(x[i], i));
  }
};
// The first half of the operands by the second.
template <>
struct Slopes<RangeDot> {
  template <class N, class Visit>
  static void each(const Lane<N>& x, Visit&& visit) {
    const std::size_t half = x.size() / 2;
    for (std::size_t i = 0; i < half; ++i) visit(i, x[half + i]), visit(half + i, x[i]);
  }
};
// The coefficients, and last the place at which the polynomial is.
template <>
struct Slopes<RangePolynomial> {
  template <class N, class Visit>
  static void each(const Lane<N>& x, Visit&& visit) {
    const std::size_t n = x.size() - 1;
    const N at = x[n];
    N value = N(0), slope = N(0), power = N(1);
    for (std::size_t i = n; i > 0; --i) {
      slope = slope * at + value;
      value = value * at + x[i - 1];
    }
    visit(n, slope);
    for (std::size_t i = 0; i < n; ++i) {
      visit(i, power);
      power = power * at;
    }
  }
};

template <class Rule, class N>
struct Ranges {
  static void forward(const Frame<N>& frame, const Step& step, const Operand* x) {
    N* const result = frame.value(step.value);
    const Operand *const middle = x + step.count / 2, *const end = x + step.count;
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      if constexpr (std::is_same_v<Rule, RangeDot>)
        result[lane] = Rule::value(Lane<N>(frame, x, middle, lane), Lane<N>(frame, middle, end, lane));
      else if constexpr (std::is_same_v<Rule, RangePolynomial>)
        result[lane] = Rule::value(Lane<N>(frame, x, end - 1, lane), frame.value(end[-1].value)[lane]);
      else
        result[lane] = Rule::value(Lane<N>(frame, x, end, lane));
    }
  }
  static void reverse(const Frame<N>& frame, const Step& step, const Operand* x) {
    const N* const adjoint = frame.adjoint(step.adjoint);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      const N g = adjoint[lane];
      if (is_zero(g)) {
        for (std::size_t i = 0; i < step.count; ++i)
          if (x[i].is_wanted()) hand_on(frame, x[i], lane, N(0));
        continue;
      }
      Slopes<Rule>::each(Lane<N>(frame, x, x + step.count, lane), [&](std::size_t i, const N& slope) {
        if (x[i].is_wanted()) hand_on(frame, x[i], lane, handed_on(slope, g));
      });
    }
  }
};

// ---- a choice of one of two operands
template <class Selection, class N>
struct Choices {
  static bool first(const Frame<N>& frame, const Operand* x, std::size_t lane) {
    return holds(Selection::comparison, frame.value(x[0].value)[lane], frame.value(x[1].value)[lane]);
  }
  static void forward(const Frame<N>& frame, const Step& step, const Operand* x) {
    N* const result = frame.value(step.value);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane)
      result[lane] = frame.value(x[first(frame, x, lane) ? 2 : 3].value)[lane];
  }
  static void reverse(const Frame<N>& frame, const Step& step, const Operand* x) {
    const N* const adjoint = frame.adjoint(step.adjoint);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      const bool is_first = first(frame, x, lane);
      for (std::size_t i = 0; i < 4; ++i)
        if (x[i].is_wanted()) hand_on(frame, x[i], lane, i >= 2 && (i == 2) == is_first ? adjoint[lane] : N(0));
    }
  }
};

// ---- the tangent of a rule of plain numbers, as Duals have it. Back, its slope along a tangent is that of the rule,
// and along an operand the tangent of that.
template <class N>
bool any_moves(const Frame<N>& frame, const Operand* x, std::size_t operands, std::size_t lane) {
  for (std::size_t k = 0; k < operands; ++k)
    if (frame.value(x[operands + k].value)[lane] != 0) return true;
  return false;
}
template <class N>
void hand_on_slope(const Frame<N>& frame, const Operand* x, std::size_t operands, std::size_t k, std::size_t lane,
                   const Dual<N>& slope, const N& g) {
  if (x[k].is_wanted()) hand_on(frame, x[k], lane, handed_on(slope.tangent(), g));
  const Operand& tangent = x[operands + k];
  if (tangent.is_wanted()) hand_on(frame, tangent, lane, handed_on(slope.value(), g));
}
template <class Rule, class N, class Index>
struct FixedTangent;
template <class Rule, class N, std::size_t... i>
struct FixedTangent<Rule, N, std::index_sequence<i...>> {
  static constexpr std::size_t operands = sizeof...(i);
  static Dual<N> dual(const Frame<N>& frame, const Operand* x, std::size_t k, std::size_t lane) {
    return {frame.value(x[k].value)[lane], frame.value(x[operands + k].value)[lane]};
  }
  static void forward(const Frame<N>& frame, const Step& step, const Operand* x) {
    N* const result = frame.value(step.value);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      result[lane] = Rule::template value<Dual<N>>(dual(frame, x, i, lane)...).tangent();
      // Any kink is shown by it, so that who reads the result can ask for more care.
      if (frame.nesting == Nesting::on_tape && any_moves(frame, x, operands, lane) &&
          smoothness_detail::smoothness_of<Rule>(frame.value(x[i].value)[lane]...) != Smoothness::smooth)
        result[lane] = std::numeric_limits<N>::quiet_NaN();
    }
  }
  static void reverse(const Frame<N>& frame, const Step& step, const Operand* x) {
    const N* const adjoint = frame.adjoint(step.adjoint);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      const N g = adjoint[lane];
      const std::array<Dual<N>, operands> at{dual(frame, x, i, lane)...};
      const Dual<N> v = is_zero(g) ? Dual<N>(0) : value_within<Rule, Dual<N>>(at[i]...);
      const auto slope = [&](auto k) { return is_zero(g) ? Dual<N>(0) : slope_within<Rule, k, Dual<N>>(v, at[i]...); };
      (hand_on_slope(frame, x, operands, i, lane, slope(std::integral_constant<std::size_t, i>{}), g), ...);
    }
  }
};
template <class Rule, class N>
struct RangeTangent {
  // The operands of one lane, as Duals, and behind them place for the result.
  struct Gathered {
    std::vector<Dual<N>> numbers;
    std::vector<Operand> places;
    Frame<Dual<N>> frame(const Frame<N>& of, const Operand* x, std::size_t operands, std::size_t lane) {
      numbers.resize(operands + 1), places.resize(operands);
      for (std::size_t k = 0; k < operands; ++k) {
        numbers[k] = {of.value(x[k].value)[lane], of.value(x[operands + k].value)[lane]};
        places[k] = {.value = static_cast<std::uint32_t>(k)};
      }
      return {.values = numbers.data(), .nesting = of.nesting};
    }
  };
  static Gathered& gathered() {
    static thread_local Gathered memory;
    return memory;
  }
  static void forward(const Frame<N>& frame, const Step& step, const Operand* x) {
    const std::uint32_t operands = step.count / 2;
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      const Frame<Dual<N>> one = gathered().frame(frame, x, operands, lane);
      Ranges<Rule, Dual<N>>::forward(one, {.value = operands, .count = operands}, gathered().places.data());
      frame.value(step.value)[lane] = one.values[operands].tangent();
    }
  }
  static void reverse(const Frame<N>& frame, const Step& step, const Operand* x) {
    const std::uint32_t operands = step.count / 2;
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      const N g = frame.adjoint(step.adjoint)[lane];
      if (is_zero(g)) {
        for (std::size_t k = 0; k < operands; ++k) hand_on_slope(frame, x, operands, k, lane, Dual<N>(0), g);
        continue;
      }
      const Frame<Dual<N>> one = gathered().frame(frame, x, operands, lane);
      const Operand* const places = gathered().places.data();
      Slopes<Rule>::each(Lane<Dual<N>>(one, places, places + operands, 0), [&](std::size_t k, const Dual<N>& slope) {
        hand_on_slope(frame, x, operands, k, lane, slope, g);
      });
    }
  }
};
template <class Rule, class N>
constexpr Kernel<N> tangent_kernel() {
  if constexpr (Active<N>) {
    return {};
  } else if constexpr (arity_of<Rule> == any_number) {
    return {&RangeTangent<Rule, N>::forward, &RangeTangent<Rule, N>::reverse};
  } else {
    using Of = FixedTangent<Rule, N, std::make_index_sequence<arity_of<Rule>>>;
    return {&Of::forward, &Of::reverse};
  }
}
template <class Operation>
struct RuleOfTangent {
  using type = void;
};
template <class Rule>
struct RuleOfTangent<TangentOf<Rule>> {
  using type = Rule;
};

template <class Operation, class N>
constexpr Kernel<N> kernel_for() {
  using Moving = typename RuleOfTangent<Operation>::type;
  if constexpr (!std::is_void_v<Moving>) {
    return tangent_kernel<Moving, N>();
  } else if constexpr (Selections::contains<Operation>) {
    return {&Choices<Operation, N>::forward, &Choices<Operation, N>::reverse};
  } else if constexpr (!AllRules::contains<Operation>) {
    return {};
  } else if constexpr (arity_of<Operation> == any_number) {
    return {&Ranges<Operation, N>::forward, &Ranges<Operation, N>::reverse};
  } else {
    using Of = Fixed<Operation, N, std::make_index_sequence<arity_of<Operation>>>;
    return {&Of::forward, &Of::reverse};
  }
}
template <class N, class... Operation>
constexpr std::array<Kernel<N>, sizeof...(Operation)> kernels_for(TypeList<Operation...>) {
  return {kernel_for<Operation, N>()...};
}

}  // namespace

template <class N>
const Kernel<N>& kernel_of(Code code) {
  static constexpr auto kernels = kernels_for<N>(Operations{});
  return kernels[code];
}

template const Kernel<double>& kernel_of(Code);
template const Kernel<float>& kernel_of(Code);
template const Kernel<Dual<double>>& kernel_of(Code);
template const Kernel<Dual<float>>& kernel_of(Code);

}  // namespace downhill::program_detail
