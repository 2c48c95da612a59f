#pragma once
/// \file
/// The numbers that a call is given: a vector, an array, a span, or a list in braces; and those of many samples, column
/// by column.

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <type_traits>

#include <autodiff/derivatives/inputs.hpp>

namespace downhill::program_detail {

/// Looks at numbers for the time of a call.
template <class T>
class Numbers {
 public:
  template <class R>
    requires(std::convertible_to<const R&, std::span<const T>> && !std::same_as<R, Numbers>)
  Numbers(const R& numbers) : numbers_(numbers) {}
  Numbers(std::initializer_list<T> numbers) : numbers_(numbers.begin(), numbers.size()) {}

  operator std::span<const T>() const { return numbers_; }
  std::size_t size() const { return numbers_.size(); }
  const T& operator[](std::size_t i) const { return numbers_[i]; }

 private:
  std::span<const T> numbers_;
};

/// One number of each of many samples, in memory of the caller's. A view of numbers that are gone when it is used is
/// refused.
template <class T>
class Column {
 public:
  template <class R>
    requires(std::convertible_to<const R&, std::span<const T>> && !std::same_as<R, Column>)
  Column(const R& numbers) : numbers_(numbers) {}
  template <class R>
    requires(TemporaryRange<R, T> && !std::same_as<std::remove_cvref_t<R>, Column>)
  Column(R&& numbers) = delete;

  std::size_t size() const { return numbers_.size(); }
  const T* data() const { return numbers_.data(); }

 private:
  std::span<const T> numbers_;
};

}  // namespace downhill::program_detail
