#include <autodiff/program/simplify.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include <autodiff/program/kernel.hpp>

namespace downhill::program_detail {
namespace {

template <class T>
using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

// Copies instructions one by one, and on the way puts what is simpler in their place.
template <class T>
class Simplifier {
 public:
  Simplifier(const Instructions<T>& from, const ProgramOptions& options) : from_(from), options_(options) {}

  Instructions<T> run() {
    const std::vector<char> is_needed = needed();
    place_.assign(from_.size(), 0);
    for (Place i = 0; i < from_.size(); ++i)
      if (is_needed[i]) place_[i] = copied(i);
    for (const Place result : from_.results()) to_.add_result(place_[result]);
    for (const Guard& guard : from_.guards()) {
      const Guard moved{guard.comparison, guard.outcome, place_[guard.a], place_[guard.b]};
      if (options_.fold_constants && to_.is_constant(moved.a) && to_.is_constant(moved.b)) continue;
      if (options_.join_common && std::ranges::count(to_.guards(), moved) > 0) continue;
      to_.add_guard(moved);
    }
    return std::move(to_);
  }

 private:
  std::vector<char> needed() const {
    std::vector<char> is_needed(from_.size(), options_.drop_dead ? 0 : 1);
    for (const Place result : from_.results()) is_needed[result] = 1;
    for (const Guard& guard : from_.guards()) is_needed[guard.a] = is_needed[guard.b] = 1;
    for (Place i = static_cast<Place>(from_.size()); i-- > 0;)
      if (is_needed[i] && !is_leaf(from_[i].code))
        for (const Place operand : from_.operands(i)) is_needed[operand] = 1;
    return is_needed;
  }

  Place copied(Place i) {
    const Instruction& instruction = from_[i];
    if (from_.is_constant(i)) return constant(from_.constant(i));
    if (instruction.code == code_of<ParameterNumber>)
      return joined({instruction.code, {instruction.first}}, [&] { return to_.add_parameter(instruction.first); });
    if (instruction.code == code_of<SampleNumber>)
      return joined({instruction.code, {instruction.first}}, [&] { return to_.add_sample_number(instruction.first); });
    std::vector<Place> operands;
    for (const Place operand : from_.operands(i)) operands.push_back(place_[operand]);
    return made(instruction.code, std::move(operands));
  }
  Place constant(T number) {
    const auto bits = static_cast<std::uint64_t>(std::bit_cast<Bits<T>>(number));
    return joined({code_of<ConstantNumber>, {static_cast<Place>(bits), static_cast<Place>(bits >> 32)}},
                  [&] { return to_.add_constant(number); });
  }
  Place made(Code code, std::vector<Place> operands) {
    if (options_.fold_constants && !operands.empty() &&
        std::ranges::all_of(operands, [&](Place x) { return to_.is_constant(x); }))
      return constant(folded(code, operands));
    if (options_.reduce_strength)
      if (Place simpler = 0; reduce(code, operands, simpler)) return simpler;
    std::vector<Place> key = operands;
    if (code == code_of<Add> || code == code_of<Multiply>) std::ranges::sort(key);
    return joined({code, std::move(key)}, [&] { return to_.add(code, operands); });
  }
  using Key = std::pair<Code, std::vector<Place>>;
  template <class Make>
  Place joined(const Key& key, Make&& make) {
    if (!options_.join_common) return make();
    const auto [found, is_new] = known_.try_emplace(key, 0);
    if (is_new) found->second = make();
    return found->second;
  }

  T folded(Code code, const std::vector<Place>& operands) const {
    std::vector<T> values;
    std::vector<Operand> slots;
    for (const Place operand : operands) {
      slots.push_back({.value = static_cast<std::uint32_t>(values.size())});
      values.push_back(to_.constant(operand));
    }
    const auto count = static_cast<std::uint32_t>(values.size());
    values.push_back(T(0));
    kernel_of<T>(code).forward({.values = values.data()}, {.code = code, .value = count, .count = count}, slots.data());
    return values.back();
  }

  bool is(Place x, T number) const {
    return to_.is_constant(x) && std::bit_cast<Bits<T>>(to_.constant(x)) == std::bit_cast<Bits<T>>(number);
  }
  // Each of these is exact, but for x / c where 1 / c is rounded, and for powers.
  bool reduce(Code code, const std::vector<Place>& x, Place& simpler) {
    const auto becomes = [&](Place place) { return simpler = place, true; };
    if (code == code_of<Multiply>) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (is(x[i], 1)) return becomes(x[1 - i]);
        if (is(x[i], -1)) return becomes(made(code_of<Negate>, {x[1 - i]}));
      }
      if (x[0] == x[1]) return becomes(made(code_of<Square>, {x[0]}));
    } else if (code == code_of<Add>) {
      for (std::size_t i = 0; i < 2; ++i)
        if (is(x[i], -T(0))) return becomes(x[1 - i]);
    } else if (code == code_of<Subtract>) {
      if (is(x[1], 0)) return becomes(x[0]);
    } else if (code == code_of<Negate>) {
      if (to_[x[0]].code == code_of<Negate>) return becomes(to_.operands(x[0])[0]);
    } else if (code == code_of<Divide>) {
      if (is(x[1], 1)) return becomes(x[0]);
      if (to_.is_constant(x[1])) {
        const T inverse = 1 / to_.constant(x[1]);
        if (std::isnormal(inverse) && std::isnormal(to_.constant(x[1])))
          return becomes(made(code_of<Multiply>, {constant(inverse), x[0]}));
      }
      if (is(x[0], 1)) return becomes(made(code_of<Reciprocal>, {x[1]}));
    } else if (code == code_of<Pow>) {
      if (is(x[1], 1)) return becomes(x[0]);
      if (is(x[1], 2)) return becomes(made(code_of<Square>, {x[0]}));
      if (is(x[1], 3)) return becomes(made(code_of<Cube>, {x[0]}));
      if (is(x[1], -1)) return becomes(made(code_of<Reciprocal>, {x[0]}));
    }
    return false;
  }

  const Instructions<T>& from_;
  const ProgramOptions& options_;
  Instructions<T> to_;
  std::vector<Place> place_;
  std::map<Key, Place> known_;
};

}  // namespace

template <class T>
Instructions<T> simplified(const Instructions<T>& recorded, const ProgramOptions& options) {
  const Instructions<T> once = Simplifier<T>(recorded, options).run();
  // Again, for what the others left without a use.
  ProgramOptions dead = options;
  dead.fold_constants = dead.reduce_strength = dead.join_common = false;
  return options.drop_dead ? Simplifier<T>(once, dead).run() : once;
}

template Instructions<double> simplified(const Instructions<double>&, const ProgramOptions&);
template Instructions<float> simplified(const Instructions<float>&, const ProgramOptions&);

}  // namespace downhill::program_detail
