// One sample at a time and without any pass, a program has the bits of the tape. A program of its own, which like the
// kernels is compiled so that x y + z is rounded twice; and a listener on the tape, for which nothing folds.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/program.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>
#include <support/random_program.hpp>

using namespace downhill;
using test::scattered;

namespace {

template <class T>
struct Deaf final : Listener<T> {
  void variable(std::size_t, const T&) override {}
  void step(std::size_t, std::string_view, const T&, std::span<const StepOperand<T>>) override {}
  void block(const Block<T>&, std::size_t, std::size_t) override {}
  void block_values(std::size_t, std::span<const T>) override {}
  void rewound(std::size_t) override {}
};

template <class T>
bool same_bits(T x, T y) {
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  return std::bit_cast<Bits>(x) == std::bit_cast<Bits>(y) || (x != x && y != y);
}

template <class T>
void check() {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const std::size_t parameters = 1 + seed % 4, per_sample = 1 + seed % 3, steps = 4 + seed % 17;
    const auto f = [=](const auto& w, const auto& s) { return random_program::make(w, s, seed, steps); };
    const auto program = record<T>(f, parameters, per_sample, ProgramOptions::none());
    const std::vector<T> w = scattered<T>(parameters, seed);
    Tape<T> tape;
    Deaf<T> listener;
    tape.listen(&listener);
    std::vector<Var<T>> variables;
    for (unsigned i = 0; i < 5; ++i) {
      const std::vector<T> s = scattered<T>(per_sample, seed + i);
      tape.clear();
      tape.variables(w, variables);
      const Var<T> result = f(variables, std::vector<Var<T>>(s.begin(), s.end()));
      std::vector<T> gradient(parameters);
      if (result.is_active()) gradient = tape.gradient(result).parameters();
      const auto found = program.value_and_gradient(w, s);
      bool same = same_bits(found.value, result.value());
      for (std::size_t k = 0; k < parameters; ++k) same = same && same_bits(found.gradient[k], gradient[k]);
      // Over many samples it is done in the same way, one by one.
      std::vector<double> of_sum(parameters);
      const double value = sum_over(s, program)(std::vector<double>(w.begin(), w.end()), of_sum);
      same = same && same_bits(static_cast<T>(value), T(0) + result.value());
      for (std::size_t k = 0; k < parameters; ++k) same = same && same_bits(static_cast<T>(of_sum[k]), gradient[k]);
      INFO(seed << ", sample " << i << ": " << found.value - result.value() << ", " << found.gradient[0] - gradient[0]
                << ", of the sum " << value - static_cast<double>(result.value()) << ", "
                << of_sum[0] - static_cast<double>(gradient[0]));
      REQUIRE(same);
    }
    tape.listen(nullptr);
  }
}

}  // namespace

TEST_CASE("a program without passes has the bits of the tape, in double") { check<double>(); }
TEST_CASE("a program without passes has the bits of the tape, in float") { check<float>(); }
