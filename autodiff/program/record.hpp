#pragma once
/// \file
/// A user's function as a program calls it: with Symbols to record it, and with Vars where only the tape is left.

#include <cstddef>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/derivatives/inputs.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/program/condition.hpp>
#include <autodiff/program/function.hpp>

namespace downhill::program_detail {

template <class F, class X>
using ResultOf = std::remove_cvref_t<std::invoke_result_t<F&, Inputs<X>, Inputs<X>>>;
/// What has several results: an array, a pair or a tuple of numbers.
template <class R>
concept SeveralResults = !ActiveScalar<R> && requires { std::tuple_size<R>::value; };
template <class R>
inline constexpr std::size_t result_count = 1;
template <SeveralResults R>
inline constexpr std::size_t result_count<R> = std::tuple_size_v<R>;
/// Calls visit(result) for each.
template <class R, class Visit>
void for_each_result_of(const R& results, Visit&& visit) {
  if constexpr (SeveralResults<R>)
    std::apply([&](const auto&... result) { (visit(result), ...); }, results);
  else
    visit(results);
}
template <class R, class X>
inline constexpr bool are_numbers = std::is_convertible_v<R, X>;
template <SeveralResults R, class X>
inline constexpr bool are_numbers<R, X> = []<std::size_t... k>(std::index_sequence<k...>) {
  return (std::is_convertible_v<std::tuple_element_t<k, R>, X> && ...);
}(std::make_index_sequence<std::tuple_size_v<R>>());
template <class R>
inline constexpr bool are_plain = std::is_arithmetic_v<R>;
template <SeveralResults R>
inline constexpr bool are_plain<R> = []<std::size_t... k>(std::index_sequence<k...>) {
  return (std::is_arithmetic_v<std::tuple_element_t<k, R>> && ...);
}(std::make_index_sequence<std::tuple_size_v<R>>());

/// Can f be recorded? Returns auto, so that the compiler says this before anything else.
template <class F, class T>
constexpr auto demand_recordable() {
  constexpr bool is_generic = std::is_invocable_v<F&, Inputs<Symbol<T>>, Inputs<Symbol<T>>>;
  static_assert(is_generic,
                "record: the function is called with two vectors of numbers, the parameters and a sample: write "
                "[](const auto& w, const auto& s) { ... }, generic over the number type");
  if constexpr (is_generic) {
    using R = ResultOf<F, Symbol<T>>;
    constexpr bool is_number = are_numbers<R, Symbol<T>> && result_count<R> > 0;
    static_assert(is_number, "record: the function returns one number, or a std::array, a pair or a tuple of numbers");
    constexpr bool is_recorded = !are_plain<R>;
    static_assert(!is_number || is_recorded,
                  "record: the function returns a plain number, which depends on nothing: compute it from w and s, and "
                  "let the function return auto");
    return is_number && is_recorded;
  } else {
    return false;
  }
}

template <class F, class T>
class RecordedFunctionOf final : public CallableFunction<T> {
 public:
  RecordedFunctionOf(F f, std::size_t parameters, std::size_t per_sample)
      : f_(std::move(f)), parameters_(parameters), per_sample_(per_sample) {}

  Instructions<T> record(std::span<const T> parameters, std::span<const T> sample) override {
    return recorded(parameters, sample, true);
  }
  std::optional<Instructions<T>> record() override {
    try {
      return recorded({}, {}, false);
    } catch (const NeedsSample&) {
      return std::nullopt;
    }
  }
  T on_tape(std::span<const T> parameters, std::span<const T> sample, std::size_t which, double weight,
            std::span<double> to, std::span<T> of_sample) override {
    if (which == 0) {
      results_.clear();
      tape_.clear();
      tape_.variables(parameters, w_);
      if (of_sample.empty())
        s_.assign(sample.begin(), sample.end());
      else
        tape_.variables(sample, s_);
      results_ = (*this)(w_, s_);
    }
    const Var<T>& result = results_[which];
    if (!result.is_active()) {
      for (T& slope : of_sample) slope = 0;
      return result.value();
    }
    if (to.empty() && of_sample.empty()) return result.value();
    tape_.gradient(result, swept_);
    const std::span<const T> adjoints = swept_.parameters();
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i] += static_cast<double>(handed_on(adjoints[i], static_cast<T>(weight)));
    for (std::size_t i = 0; i < of_sample.size(); ++i) of_sample[i] = adjoints[parameters_ + i];
    return result.value();
  }
  std::vector<Var<T>> operator()(std::span<const Var<T>> parameters, std::span<const Var<T>> sample) override {
    std::vector<Var<T>> results;
    for_each_result_of(f_(Inputs<Var<T>>(parameters), Inputs<Var<T>>(sample)),
                       [&](const auto& result) { results.push_back(Var<T>(result)); });
    return results;
  }

 private:
  Instructions<T> recorded(std::span<const T> parameters, std::span<const T> sample, bool has_values) {
    const auto recording = std::make_shared<Recording<T>>();
    recording->has_values = has_values;
    // However it ends, Symbols that were kept aside are of no use any more.
    struct Over {
      Recording<T>& of;
      ~Over() { of.is_over = true; }
    } over{*recording};
    std::vector<Symbol<T>> w, s;
    for (std::size_t i = 0; i < parameters_; ++i)
      w.push_back(
          SymbolRecorder::made(recording, recording->instructions.add_parameter(i), has_values ? parameters[i] : T(0)));
    for (std::size_t i = 0; i < per_sample_; ++i)
      s.push_back(
          SymbolRecorder::made(recording, recording->instructions.add_sample_number(i), has_values ? sample[i] : T(0)));
    for_each_result_of(f_(Inputs<Symbol<T>>(w), Inputs<Symbol<T>>(s)), [&](const auto& result) {
      recording->instructions.add_result(SymbolRecorder::finished(recording, Symbol<T>(result)));
    });
    return std::move(recording->instructions);
  }

  F f_;
  std::size_t parameters_, per_sample_;
  Tape<T> tape_;
  std::vector<Var<T>> w_, s_, results_;
  Gradient<T> swept_;
};

}  // namespace downhill::program_detail
