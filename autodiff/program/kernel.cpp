#include <autodiff/program/kernel.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

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

// ---- one, two or three operands
template <class Rule, class N, class Index>
struct Fixed;
template <class Rule, class N, std::size_t... i>
struct Fixed<Rule, N, std::index_sequence<i...>> {
  static void forward(const Frame<N>& frame, const Step& step, const Operand* x) {
    const std::array<const N*, sizeof...(i)> at{frame.value(x[i].value)...};
    N* const result = frame.value(step.value);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) result[lane] = value_within<Rule, N>(at[i][lane]...);
  }
  static void reverse(const Frame<N>& frame, const Step& step, const Operand* x) {
    const std::array<const N*, sizeof...(i)> at{frame.value(x[i].value)...};
    const N *const result = frame.value(step.value), *const adjoint = frame.adjoint(step.adjoint);
    for (std::size_t lane = 0; lane < frame.lanes; ++lane) {
      const N g = adjoint[lane];
      const bool stops = is_zero(g);
      const auto slope = [&](auto k) { return slope_within<Rule, k, N>(result[lane], at[i][lane]...); };
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

template <class Operation, class N>
constexpr Kernel<N> kernel_for() {
  if constexpr (Selections::contains<Operation>) {
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
