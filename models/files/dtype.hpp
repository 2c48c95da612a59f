#pragma once
/// \file
/// The types of a tensor's elements in a file, by the names that safetensors gives them.
///
/// Integers are two's complement; F32 and F64 are float and double. The shorter floating types have fewer digits:
///
///     F16       1 sign, 5 exponent, 10 mantissa bits, as IEEE 754 has it
///     BF16      1, 8, 7: the upper half of a float
///     F8_E5M2   1, 5, 2: the upper half of an F16
///     F8_E4M3   1, 4, 3, without infinities: the largest value is 448 and only the pattern of all ones is NaN
///
/// Source of the last two: P. Micikevicius et al., "FP8 formats for deep learning", 2022.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace downhill {

/// In the order of their alignment, as safetensors lists them: files keep their tensors in the opposite order.
enum class Dtype : std::uint8_t {
  boolean,
  uint8,
  int8,
  float8_e5m2,
  float8_e4m3,
  int16,
  uint16,
  float16,
  bfloat16,
  int32,
  uint32,
  float32,
  float64,
  int64,
  uint64
};

/// The bytes of an element.
std::size_t size_of(Dtype type);
/// The name of a type as it stands in a file: "F32".
std::string_view name_of(Dtype type);
/// The type of that name, if there is one.
std::optional<Dtype> dtype_named(std::string_view name);
/// All names, for messages: "BOOL, U8, ...".
std::string dtype_names();

namespace dtype_detail {
template <class T, class... Others>
concept OneOf = (std::same_as<T, Others> || ...);
}  // namespace dtype_detail

/// The types of C++ that have a Dtype of their own.
template <class T>
concept Element = dtype_detail::OneOf<T, float, double, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                                      std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;

/// float is F32, std::uint64_t is U64, and so on.
template <Element T>
constexpr Dtype dtype_of() {
  if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? Dtype::float32 : Dtype::float64;
  switch (sizeof(T)) {
    case 1: return std::signed_integral<T> ? Dtype::int8 : Dtype::uint8;
    case 2: return std::signed_integral<T> ? Dtype::int16 : Dtype::uint16;
    case 4: return std::signed_integral<T> ? Dtype::int32 : Dtype::uint32;
    default: return std::signed_integral<T> ? Dtype::int64 : Dtype::uint64;
  }
}

/// Elements of a type, in this machine's byte order and of any alignment, as numbers of another type: `into[i]` is
/// element i, of as many as `into` has. A floating type rounds to the nearest; a BOOL is 0 or 1. Stops at an element
/// that is not a value of the other type (a fraction, a NaN or too large a number for an integer; a finite number
/// beyond all floats) and returns its index.
template <Element Number>
std::optional<std::size_t> convert(Dtype type, std::span<const std::byte> bytes, std::span<Number> into);

/// One element as text, for messages.
std::string element_text(Dtype type, std::span<const std::byte> bytes, std::size_t index);

/// The bytes of each element in the opposite order.
void reverse_each(std::span<std::byte> bytes, std::size_t element);

}  // namespace downhill
