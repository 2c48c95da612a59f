#include <autodiff/inspect/formula/formula_functions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace downhill::inspect::formula_detail {
namespace {

std::uint32_t place_in(std::span<const std::string_view> names, std::string_view name) {
  return static_cast<std::uint32_t>(std::ranges::find(names, name) - names.begin());
}

struct OtherName {
  std::string_view other, name;
};
constexpr OtherName other_names[] = {{"ln", "log"},       {"arcsin", "asin"},  {"arccos", "acos"},
                                     {"arctan", "atan"},  {"arsinh", "asinh"}, {"arcosh", "acosh"},
                                     {"artanh", "atanh"}, {"sgn", "sign"},     {"logistic", "sigmoid"}};

std::vector<std::string_view> all_functions() {
  std::vector<std::string_view> all;
  const auto add = [&](std::span<const std::string_view> names) {
    std::ranges::copy_if(names, std::back_inserter(all), [](std::string_view name) { return !is_operator(name); });
  };
  add(Unary::names), add(Binary::names), add(Ternary::names), add(Range::names);
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// The least sum of changes that make one word the other, with no letter changed twice (optimal string alignment): 2 for
// a letter, 1 for two neighbours that change places, which is how fingers slip.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = 2 * j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    next[0] = 2 * (i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      next[j + 1] = std::min({row[j + 1] + 2, next[j] + 2, row[j] + (a[i] == b[j] ? 0 : 2)});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
        next[j + 1] = std::min(next[j + 1], before[j - 1] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

}  // namespace

Function::Function(std::string_view typed)
    : name(typed == "fabs" ? Abs::name : typed),
      unary(place_in(Unary::names, name)),
      binary(place_in(Binary::names, name)),
      ternary(place_in(Ternary::names, name)),
      range(place_in(Range::names, name)) {}

std::string Function::operands() const {
  if (joins()) return "2 operands or more";
  if (has_range()) return "1 operand or more";
  if (has_default()) return "1 or 2 operands";
  if (has_binary() && has_ternary()) return "2 or 3 operands";
  return has_unary() ? "1 operand" : has_binary() ? "2 operands" : "3 operands";
}

std::string instead_of(std::string_view name) {
  const auto* const other = std::ranges::find(other_names, name, &OtherName::other);
  if (other != std::end(other_names)) return fmt::format("; it is called {} here", other->name);
  return did_you_mean(name, all_functions());
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 20, furthest = 4;
  if (name.empty() || name.size() > longest) return "";
  std::size_t least = std::min(furthest, 2 * (name.size() - 1));  // of a single letter nothing would be left
  std::string meant;
  for (const std::string_view candidate : known) {
    if (candidate.size() > longest) continue;
    const std::size_t far = distance(name, candidate);
    if (far > least) continue;
    if (far < least) meant.clear();
    least = far;
    meant += meant.empty() ? std::string(candidate) : fmt::format(" or {}", candidate);
  }
  return meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
}

}  // namespace downhill::inspect::formula_detail
