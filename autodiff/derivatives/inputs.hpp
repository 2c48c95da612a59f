#pragma once
/// \file
/// The inputs of a user's function: a span that notices when a function reads more of them than there are.

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

#include <autodiff/tape/misuse.hpp>

namespace downhill {

/// A range of T that is gone at the end of the expression that makes it: no view of it may be kept. What keeps one
/// deletes the overload for it.
template <class R, class T>
concept TemporaryRange =
    !std::is_lvalue_reference_v<R> && !std::ranges::borrowed_range<R> && std::convertible_to<R, std::span<const T>>;

/// Looks at n numbers of type X, as std::span does, and converts to one. Indexing is checked: a function that is
/// written for two inputs and was given one would otherwise read what happens to lie behind them.
template <class X>
class Inputs {
 public:
  using value_type = X;

  template <class R>
    requires(std::convertible_to<const R&, std::span<const X>> && !std::same_as<R, Inputs>)
  Inputs(const R& inputs) : inputs_(inputs) {}

  /// Throws ShapeError unless i < size().
  const X& operator[](std::size_t i) const {
    if (i >= inputs_.size()) [[unlikely]]
      misuse::no_such_input(i, inputs_.size());
    return inputs_[i];
  }
  std::size_t size() const { return inputs_.size(); }
  bool empty() const { return inputs_.empty(); }
  const X* data() const { return inputs_.data(); }
  const X* begin() const { return inputs_.data(); }
  const X* end() const { return inputs_.data() + inputs_.size(); }
  const X& front() const { return (*this)[0]; }
  const X& back() const { return (*this)[size() - 1]; }
  /// `count` inputs from the i-th on. Throws ShapeError where there are fewer.
  Inputs subspan(std::size_t i, std::size_t count) const {
    if (i > size() || count > size() - i) [[unlikely]]
      misuse::no_such_input(i + count - 1, size());
    return inputs_.subspan(i, count);
  }
  Inputs first(std::size_t count) const { return subspan(0, count); }

 private:
  std::span<const X> inputs_;
};

}  // namespace downhill
