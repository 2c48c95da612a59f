#pragma once
/// \file
/// The names by which things of a kind are called in messages, files and on the command line. Those of an enum are its
/// enumerators as they are spelled, so that they are written down once.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace downhill {

namespace names_detail {

// "... value = downhill::Loss::huber]" of an enumerator and "... value = (downhill::Loss)7]" of another number, as gcc
// and clang write it. C++20 has no reflection.
template <auto value>
constexpr const char* signature() {
  return __PRETTY_FUNCTION__;
}
template <auto value>
constexpr std::string_view spelled() {
  std::string_view text = signature<value>();
  text.remove_suffix(1);
  text.remove_prefix(text.rfind("value = ") + std::string_view("value = ").size());
  const std::string_view last = text.substr(text.find_last_of(":)") + 1);
  return last.front() == '-' || (last.front() >= '0' && last.front() <= '9') ? std::string_view() : last;
}
template <class E, std::size_t from = 0>
constexpr std::size_t count() {
  if constexpr (spelled<static_cast<E>(from)>().empty())
    return from;
  else
    return count<E, from + 1>();
}

template <class E, std::size_t... i>
constexpr std::array<E, sizeof...(i)> enumerators(std::index_sequence<i...>) {
  return {static_cast<E>(i)...};
}
template <class E, std::size_t... i>
constexpr std::array<std::string_view, sizeof...(i)> names(std::index_sequence<i...>) {
  return {spelled<static_cast<E>(i)>()...};
}

}  // namespace names_detail

/// An enum whose enumerators are 0, 1, 2 and so on.
template <class E>
concept CountedEnum = std::is_enum_v<E> && names_detail::count<E>() > 0;

/// All enumerators, in order.
template <CountedEnum E>
inline constexpr auto enumerators = names_detail::enumerators<E>(std::make_index_sequence<names_detail::count<E>()>());
/// Their names, in the same order.
template <CountedEnum E>
inline constexpr auto enumerator_names = names_detail::names<E>(std::make_index_sequence<names_detail::count<E>()>());

/// "huber" of `Loss::huber`; "unknown" of a number that is no enumerator.
template <CountedEnum E>
constexpr std::string_view enumerator_name(E value) {
  const auto i = static_cast<std::size_t>(value);
  return i < enumerator_names<E>.size() ? enumerator_names<E>[i] : "unknown";
}

/// Throws OptionError: "there is no loss 'cube'; there are mean_squared_error, huber".
[[noreturn]] void refuse_name(std::string_view kind, std::string_view name, std::span<const std::string_view> known);

/// The enumerator of that name. Throws OptionError where there is none, and lists those that there are.
template <CountedEnum E>
E enumerator_called(std::string_view kind, std::string_view name) {
  for (std::size_t i = 0; i < enumerators<E>.size(); ++i)
    if (enumerator_names<E>[i] == name) return enumerators<E>[i];
  refuse_name(kind, name, enumerator_names<E>);
}

}  // namespace downhill
