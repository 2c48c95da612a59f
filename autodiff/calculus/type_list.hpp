#pragma once
/// \file
/// A list of types, to be walked over with a fold: what there is of a kind is written down once.

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace downhill {

template <class... Type>
struct TypeList {
  static constexpr std::size_t size = sizeof...(Type);
  template <class T>
  static constexpr bool contains = (std::is_same_v<T, Type> || ...);
  /// A template of all of them, such as a std::variant.
  template <template <class...> class Of>
  using In = Of<Type...>;
  /// The place of T in the list, and `size` where it has none.
  template <class T>
  static constexpr std::size_t index_of() {
    std::size_t index = 0;
    static_cast<void>(((std::is_same_v<T, Type> || (++index, false)) || ...));
    return index;
  }
  /// The names of its types, where they have names.
  static constexpr std::array<std::string_view, size> names()
    requires requires { (Type::name, ...); }
  {
    return {Type::name...};
  }

  /// visit(std::type_identity<Type>) of each, in order.
  template <class Visit>
  static constexpr void for_each(Visit&& visit) {
    (visit(std::type_identity<Type>{}), ...);
  }
};

template <class... A, class... B>
constexpr TypeList<A..., B...> operator+(TypeList<A...>, TypeList<B...>) {
  return {};
}

/// A type or nothing: the sum of these over a list is the list of those that are kept.
template <bool is_kept, class Type>
using KeptIf = std::conditional_t<is_kept, TypeList<Type>, TypeList<>>;

/// A list without some of its types.
template <class... Left, class... Type>
constexpr auto without(TypeList<Type...>) {
  return (TypeList<>{} + ... + KeptIf<!TypeList<Left...>::template contains<Type>, Type>{});
}

}  // namespace downhill
