#include <autodiff/program/tangent.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <vector>

namespace downhill::program_detail {
namespace {

// Copies instructions one by one, and behind each writes its tangent, where it has one.
template <class T>
class Differentiator {
 public:
  Differentiator(const Instructions<T>& from, std::size_t parameters) : from_(from), parameters_(parameters) {}

  Instructions<T> run() {
    for (Place i = 0; i < from_.size(); ++i) {
      place_.push_back(copied(i));
      tangent_.push_back(tangent(i));
    }
    for (const Guard& guard : from_.guards())
      to_.add_guard({guard.comparison, guard.outcome, place_[guard.a], place_[guard.b]});
    for (const Place result : from_.results()) to_.add_result(or_zero(tangent_[result]));
    return std::move(to_);
  }

 private:
  // The place of a tangent; none where it is 0 for all numbers.
  using Tangent = std::optional<Place>;

  Place copied(Place i) {
    const Instruction& instruction = from_[i];
    if (from_.is_constant(i)) return to_.add_constant(from_.constant(i));
    if (instruction.code == code_of<ParameterNumber>) return to_.add_parameter(instruction.first);
    if (instruction.code == code_of<SampleNumber>) return to_.add_sample_number(instruction.first);
    std::vector<Place> operands;
    for (const Place operand : from_.operands(i)) operands.push_back(place_[operand]);
    return to_.add(instruction.code, operands);
  }

  template <class Rule>
  Place made(std::initializer_list<Place> operands) {
    return to_.add(code_of<Rule>, operands);
  }
  Place number(double x) { return to_.add_constant(static_cast<T>(x)); }
  Place or_zero(const Tangent& x) { return x ? *x : number(0); }
  Place times(Place x, Place y) { return made<Multiply>({x, y}); }
  Tangent times(Place slope, const Tangent& x) { return x ? Tangent(times(slope, *x)) : x; }
  Tangent sum(const Tangent& x, const Tangent& y) { return !x ? y : !y ? x : Tangent(made<Add>({*x, *y})); }
  Tangent negated(const Tangent& x) { return x ? Tangent(made<Negate>({*x})) : x; }
  Place sigmoid_of_negated(Place x) { return made<Sigmoid>({made<Negate>({x})}); }
  // x, or NaN where it is not positive.
  Place if_positive(Place asked, Place x) {
    return made<SelectIf<Comparison::less>>({number(0), asked, x, number(std::numeric_limits<double>::quiet_NaN())});
  }

  Tangent tangent(Place i) {
    const Code code = from_[i].code;
    if (code == code_of<ParameterNumber>) return to_.add_parameter(parameters_ + from_[i].first);
    if (is_leaf(code)) return std::nullopt;
    std::vector<Place> x;
    std::vector<Tangent> dx;
    for (const Place operand : from_.operands(i)) x.push_back(place_[operand]), dx.push_back(tangent_[operand]);
    if (is_selection(code)) {
      if (!dx[2] && !dx[3]) return std::nullopt;
      return to_.add(code, {x[0], x[1], or_zero(dx[2]), or_zero(dx[3])});
    }
    if (std::ranges::none_of(dx, [](const Tangent& one) { return one.has_value(); })) return std::nullopt;
    if (const Tangent smooth = smooth_tangent(code, x, dx, place_[i])) return smooth;
    for (const Tangent& one : dx) x.push_back(or_zero(one));
    return to_.add(tangent_of(code), x);
  }

  // Of operands x with tangents dx and the value v, where its slopes are short and there is no kink.
  Tangent smooth_tangent(Code code, const std::vector<Place>& x, const std::vector<Tangent>& dx, Place v) {
    const auto is = [code]<class Rule>(std::type_identity<Rule>) { return code == code_of<Rule>; };
    const auto any_of = [&]<class... Rule>(TypeList<Rule...>) { return (is(std::type_identity<Rule>{}) || ...); };
    if (any_of(TypeList<Add>{})) return sum(dx[0], dx[1]);
    if (any_of(TypeList<Subtract>{}))
      return dx[0] && dx[1] ? made<Subtract>({*dx[0], *dx[1]}) : sum(dx[0], negated(dx[1]));
    if (any_of(TypeList<Negate>{})) return negated(dx[0]);
    if (any_of(TypeList<Multiply>{})) return sum(times(x[1], dx[0]), times(x[0], dx[1]));
    if (any_of(TypeList<Fma>{})) return sum(sum(times(x[1], dx[0]), times(x[0], dx[1])), dx[2]);
    if (any_of(TypeList<Divide>{})) return made<Divide>({*sum(dx[0], negated(times(v, dx[1]))), x[1]});
    if (any_of(TypeList<Reciprocal>{})) return negated(times(made<Square>({v}), dx[0]));
    if (any_of(TypeList<Square>{})) return times(times(number(2), x[0]), dx[0]);
    if (any_of(TypeList<Cube>{})) return times(times(number(3), made<Square>({x[0]})), dx[0]);
    if (any_of(TypeList<Exp>{})) return times(v, dx[0]);
    if (any_of(TypeList<Log>{})) return made<Divide>({*dx[0], if_positive(x[0], x[0])});
    if (any_of(TypeList<Sqrt>{})) return made<Divide>({times(number(0.5), *dx[0]), if_positive(x[0], v)});
    if (any_of(TypeList<Sin>{})) return times(made<Cos>({x[0]}), dx[0]);
    if (any_of(TypeList<Cos>{})) return negated(times(made<Sin>({x[0]}), dx[0]));
    if (any_of(TypeList<Tanh>{})) return times(tanh_slope(x[0], v), dx[0]);
    if (any_of(TypeList<Sigmoid>{})) return times(times(v, sigmoid_of_negated(x[0])), dx[0]);
    if (any_of(TypeList<Softplus>{})) return times(made<Sigmoid>({x[0]}), dx[0]);
    if (any_of(TypeList<LogSigmoid>{})) return times(sigmoid_of_negated(x[0]), dx[0]);
    if (any_of(TypeList<RangeSum>{})) return moving_sum(dx);
    if (any_of(TypeList<RangeMean>{})) return made<Divide>({*moving_sum(dx), number(static_cast<double>(dx.size()))});
    if (any_of(TypeList<RangeDot>{})) return dot_tangent(x, dx);
    if (any_of(TypeList<RangeLogSumExp>{})) return log_sum_exp_tangent(x, dx, v);
    return std::nullopt;
  }
  // 1 - v^2 while that keeps its digits, beyond 4 e / (1 + e)^2 with e = exp(-2 |x|).
  Place tanh_slope(Place x, Place v) {
    const Place e = made<Exp>({times(number(-2), made<Abs>({x}))}), one = number(1);
    const Place beyond = made<Divide>({times(number(4), e), made<Square>({made<Add>({one, e})})});
    const Place square = made<Square>({v});
    return made<SelectIf<Comparison::less>>({square, number(0.5), made<Subtract>({one, square}), beyond});
  }
  Tangent moving_sum(const std::vector<Tangent>& dx) {
    std::vector<Place> moving;
    for (const Tangent& one : dx)
      if (one) moving.push_back(*one);
    return to_.add(code_of<RangeSum>, moving);
  }
  Place dot(std::vector<Place> x, const std::vector<Place>& y) {
    x.insert(x.end(), y.begin(), y.end());
    return to_.add(code_of<RangeDot>, x);
  }
  Tangent dot_tangent(const std::vector<Place>& x, const std::vector<Tangent>& dx) {
    std::vector<Place> slopes, moving;
    const std::size_t half = x.size() / 2;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (dx[k]) slopes.push_back(x[k < half ? k + half : k - half]), moving.push_back(*dx[k]);
    return dot(slopes, moving);
  }
  Tangent log_sum_exp_tangent(const std::vector<Place>& x, const std::vector<Tangent>& dx, Place v) {
    std::vector<Place> slopes, moving;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (dx[k]) slopes.push_back(made<Exp>({made<Subtract>({x[k], v})})), moving.push_back(*dx[k]);
    return dot(slopes, moving);
  }

  const Instructions<T>& from_;
  std::size_t parameters_;
  Instructions<T> to_;
  std::vector<Place> place_;      // of each instruction
  std::vector<Tangent> tangent_;  // of each instruction
};

}  // namespace

template <class T>
Instructions<T> tangent_program(const Instructions<T>& recorded, std::size_t parameters) {
  return Differentiator<T>(recorded, parameters).run();
}
template Instructions<double> tangent_program(const Instructions<double>&, std::size_t);
template Instructions<float> tangent_program(const Instructions<float>&, std::size_t);

}  // namespace downhill::program_detail
