// A table of names and sizes, and the way from bytes to numbers.

#include <models/files/dtype.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include <autodiff/text/names.hpp>

namespace downhill {
namespace {

struct Row {
  Dtype type;
  std::string_view name;
  std::size_t size;
};

constexpr std::array rows{Row{Dtype::boolean, "BOOL", 1},
                          Row{Dtype::uint8, "U8", 1},
                          Row{Dtype::int8, "I8", 1},
                          Row{Dtype::float8_e5m2, "F8_E5M2", 1},
                          Row{Dtype::float8_e4m3, "F8_E4M3", 1},
                          Row{Dtype::int16, "I16", 2},
                          Row{Dtype::uint16, "U16", 2},
                          Row{Dtype::float16, "F16", 2},
                          Row{Dtype::bfloat16, "BF16", 2},
                          Row{Dtype::int32, "I32", 4},
                          Row{Dtype::uint32, "U32", 4},
                          Row{Dtype::float32, "F32", 4},
                          Row{Dtype::float64, "F64", 8},
                          Row{Dtype::int64, "I64", 8},
                          Row{Dtype::uint64, "U64", 8}};
static_assert(std::ranges::equal(rows, enumerators<Dtype>, {}, &Row::type), "a row for each type, in their order");

const Row& row(Dtype type) { return rows[static_cast<std::size_t>(type)]; }

float float_of(unsigned bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

// The fields of a short floating type, moved to where a float has them, are a float with too small an exponent, by the
// difference of the biases. A product with a power of 2 corrects it exactly, for denormals as well.

float from_float16(std::uint16_t bits) {
  const unsigned sign = (bits & 0x8000u) << 16, rest = (bits & 0x7FFFu) << 13;
  const bool finite = (bits & 0x7C00u) != 0x7C00u;
  const float magnitude = finite ? float_of(rest) * 0x1p112f : float_of(rest | 0x7F800000u);
  return sign != 0 ? -magnitude : magnitude;
}

float from_bfloat16(std::uint16_t bits) { return float_of(static_cast<unsigned>(bits) << 16); }

float from_float8_e5m2(std::uint8_t bits) { return from_float16(static_cast<std::uint16_t>(bits << 8)); }

float from_float8_e4m3(std::uint8_t bits) {
  const unsigned sign = bits & 0x80u, rest = bits & 0x7Fu;
  if (rest == 0x7F) return std::numeric_limits<float>::quiet_NaN();
  const float magnitude = float_of(rest << 20) * 0x1p120f;
  return sign != 0 ? -magnitude : magnitude;
}

template <class Stored>
struct Load {
  Stored operator()(const std::byte* at) const {
    Stored stored;
    std::memcpy(&stored, at, sizeof stored);
    return stored;
  }
};

// Calls f with the function that reads one element.
template <class F>
auto with_reader(Dtype type, F&& f) {
  switch (type) {
    case Dtype::boolean: return f([](const std::byte* at) { return std::uint8_t{*at != std::byte{0}}; });
    case Dtype::uint8: return f(Load<std::uint8_t>{});
    case Dtype::int8: return f(Load<std::int8_t>{});
    case Dtype::float8_e5m2: return f([](const std::byte* at) { return from_float8_e5m2(Load<std::uint8_t>{}(at)); });
    case Dtype::float8_e4m3: return f([](const std::byte* at) { return from_float8_e4m3(Load<std::uint8_t>{}(at)); });
    case Dtype::int16: return f(Load<std::int16_t>{});
    case Dtype::uint16: return f(Load<std::uint16_t>{});
    case Dtype::float16: return f([](const std::byte* at) { return from_float16(Load<std::uint16_t>{}(at)); });
    case Dtype::bfloat16: return f([](const std::byte* at) { return from_bfloat16(Load<std::uint16_t>{}(at)); });
    case Dtype::int32: return f(Load<std::int32_t>{});
    case Dtype::uint32: return f(Load<std::uint32_t>{});
    case Dtype::float32: return f(Load<float>{});
    case Dtype::float64: return f(Load<double>{});
    case Dtype::int64: return f(Load<std::int64_t>{});
    case Dtype::uint64: break;
  }
  return f(Load<std::uint64_t>{});
}

template <class Number, class Value>
bool fits(Value value) {
  if constexpr (std::integral<Number> && std::integral<Value>) {
    return std::in_range<Number>(value);
  } else if constexpr (std::integral<Number>) {
    // Both bounds are powers of two, so exact. A NaN is within none.
    constexpr Value low = static_cast<Value>(std::numeric_limits<Number>::min());
    constexpr Value high = 2 * static_cast<Value>(std::numeric_limits<Number>::max() / 2 + 1);
    return value >= low && value < high && static_cast<Value>(static_cast<Number>(value)) == value;
  } else if constexpr (std::floating_point<Value> && sizeof(Number) < sizeof(Value)) {
    return !(std::abs(value) > static_cast<Value>(std::numeric_limits<Number>::max())) || std::isinf(value);
  } else {
    return true;
  }
}

}  // namespace

std::size_t size_of(Dtype type) { return row(type).size; }

std::string_view name_of(Dtype type) { return row(type).name; }

std::optional<Dtype> dtype_named(std::string_view name) {
  const auto found = std::ranges::find(rows, name, &Row::name);
  if (found == rows.end()) return std::nullopt;
  return static_cast<Dtype>(std::distance(rows.begin(), found));
}

std::string dtype_names() {
  std::string names;
  for (const Row& each : rows) names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
  return names;
}

template <Element Number>
std::optional<std::size_t> convert(Dtype type, std::span<const std::byte> bytes, std::span<Number> into) {
  return with_reader(type, [&](auto read) -> std::optional<std::size_t> {
    const std::size_t size = size_of(type);
    for (std::size_t i = 0; i < into.size(); ++i) {
      const auto value = read(bytes.data() + i * size);
      if (!fits<Number>(value)) return i;
      into[i] = static_cast<Number>(value);
    }
    return std::nullopt;
  });
}

template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<float>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<double>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::int8_t>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::int16_t>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::int32_t>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::int64_t>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::uint8_t>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::uint16_t>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::uint32_t>);
template std::optional<std::size_t> convert(Dtype, std::span<const std::byte>, std::span<std::uint64_t>);

std::string element_text(Dtype type, std::span<const std::byte> bytes, std::size_t index) {
  return with_reader(type, [&](auto read) { return fmt::format("{}", read(bytes.data() + index * size_of(type))); });
}

void reverse_each(std::span<std::byte> bytes, std::size_t element) {
  for (; bytes.size() >= element; bytes = bytes.subspan(element)) std::ranges::reverse(bytes.first(element));
}

}  // namespace downhill
