// Every pattern of the short types against the formula, and every conversion at its bounds.

#include <models/files/dtype.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace downhill;

namespace {

constexpr std::size_t count_of_types = 15;

template <class Bits>
std::vector<std::byte> bytes_with(Bits bits) {
  std::vector<std::byte> bytes(sizeof bits);
  std::memcpy(bytes.data(), &bits, sizeof bits);
  return bytes;
}

// One element as a number of another type; nothing if it is none.
template <class Number, class Bits>
std::optional<Number> converted(Dtype type, Bits bits) {
  Number number{};
  const auto failed = convert<Number>(type, bytes_with(bits), {&number, 1});
  if (failed) {
    CHECK(*failed == 0);
    return std::nullopt;
  }
  return number;
}
template <class Number, class Value>
std::optional<Number> from(Value value) {
  return converted<Number>(dtype_of<Value>(), value);
}

// By the definition: (-1)^sign 2^(exponent - bias) 1.mantissa, without the 1 where the exponent's bits are 0.
double by_formula(unsigned bits, int exponent_bits, int mantissa_bits, bool has_infinities = true) {
  const int exponent_mask = (1 << exponent_bits) - 1, bias = exponent_mask / 2;
  const int exponent = static_cast<int>(bits >> mantissa_bits) & exponent_mask;
  const int mantissa = static_cast<int>(bits) & ((1 << mantissa_bits) - 1);
  const double sign = (bits >> (exponent_bits + mantissa_bits)) != 0 ? -1 : 1;
  if (exponent == exponent_mask && has_infinities) return mantissa == 0 ? sign * HUGE_VAL : std::nan("");
  if (exponent == exponent_mask && mantissa == (1 << mantissa_bits) - 1) return std::nan("");
  const double fraction = std::ldexp(mantissa, -mantissa_bits) + (exponent == 0 ? 0 : 1);
  return sign * std::ldexp(fraction, std::max(exponent, 1) - bias);
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace

TEST_CASE("every type has a name and a size") {
  std::string names;
  for (std::size_t i = 0; i < count_of_types; ++i) {
    const auto type = static_cast<Dtype>(i);
    names += (names.empty() ? "" : ", ") + std::string(name_of(type));
    CHECK(dtype_named(name_of(type)) == type);
    if (i > 0) CHECK(size_of(type) >= size_of(static_cast<Dtype>(i - 1)));
  }
  CHECK(names == "BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64");
  CHECK(dtype_names() == names);
  for (const char* const name : {"", "f32", "F32 ", "F128", "F4"}) CHECK(!dtype_named(name));
}

TEST_CASE("the types of C++ have the types of their names") {
  CHECK(name_of(dtype_of<float>()) == "F32");
  CHECK(name_of(dtype_of<double>()) == "F64");
  CHECK(name_of(dtype_of<std::int8_t>()) == "I8");
  CHECK(name_of(dtype_of<std::int16_t>()) == "I16");
  CHECK(name_of(dtype_of<std::int32_t>()) == "I32");
  CHECK(name_of(dtype_of<std::int64_t>()) == "I64");
  CHECK(name_of(dtype_of<std::uint8_t>()) == "U8");
  CHECK(name_of(dtype_of<std::uint16_t>()) == "U16");
  CHECK(name_of(dtype_of<std::uint32_t>()) == "U32");
  CHECK(name_of(dtype_of<std::uint64_t>()) == "U64");
}

TEST_CASE("every pattern of the short floating types is the number that its fields say") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    wrong += !same(*converted<double>(Dtype::float16, half), by_formula(bits, 5, 10));
    wrong += !same(*converted<double>(Dtype::bfloat16, half), by_formula(bits, 8, 7));
    wrong += !same(*converted<float>(Dtype::float16, half), by_formula(bits, 5, 10));
  }
  for (unsigned bits = 0; bits < 0x100; ++bits) {
    const auto eighth = static_cast<std::uint8_t>(bits);
    wrong += !same(*converted<double>(Dtype::float8_e5m2, eighth), by_formula(bits, 5, 2));
    wrong += !same(*converted<double>(Dtype::float8_e4m3, eighth), by_formula(bits, 4, 3, false));
  }
  CHECK(wrong == 0);
  CHECK(converted<float>(Dtype::float16, std::uint16_t{0x3555}) == 0.333251953125f);
  CHECK(converted<float>(Dtype::float8_e4m3, std::uint8_t{0x7E}) == 448.0f);
}

TEST_CASE("a boolean is 0 or 1") {
  for (unsigned bits = 0; bits < 256; ++bits)
    CHECK(converted<int>(Dtype::boolean, static_cast<std::uint8_t>(bits)) == (bits != 0 ? 1 : 0));
}

TEST_CASE("integers are converted exactly or not at all") {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  CHECK(from<std::uint64_t>(most) == most);
  CHECK(from<std::int64_t>(least) == least);
  CHECK(from<std::uint64_t>((std::uint64_t{1} << 53) + 1) == (std::uint64_t{1} << 53) + 1);
  CHECK(!from<std::int64_t>(most));
  CHECK(!from<std::uint64_t>(least));
  CHECK(from<std::uint8_t>(255) == 255);
  CHECK(!from<std::uint8_t>(256));
  CHECK(!from<std::uint8_t>(-1));
  CHECK(from<std::int8_t>(-128) == -128);
  CHECK(!from<std::int8_t>(-129));
}

TEST_CASE("a floating number is an integer where it is whole and within its bounds") {
  CHECK(from<std::int64_t>(-0x1p63) == std::numeric_limits<std::int64_t>::min());
  CHECK(!from<std::int64_t>(0x1p63));
  CHECK(from<std::uint64_t>(0x1.fffffep63f) == 0xFFFFFF0000000000u);
  CHECK(!from<std::uint64_t>(0x1p64));
  CHECK(!from<std::uint64_t>(0x1p64f));
  CHECK(from<std::uint8_t>(-0.0) == 0);
  CHECK(from<std::int32_t>(7.0f) == 7);
  for (const double value : {256.0, -1.0, 0.5, -0.5, 1e300, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    CAPTURE(value);
    CHECK(!from<std::uint8_t>(value));
    CHECK(!from<std::uint8_t>(static_cast<float>(std::min(value, 1e38))));
  }
}

TEST_CASE("a floating type takes the nearest number, and no finite one beyond its own") {
  CHECK(from<float>(0.1) == 0.1f);
  CHECK(from<float>((std::int64_t{1} << 24) + 1) == 0x1p24f);
  CHECK(from<double>(std::numeric_limits<std::uint64_t>::max()) == 0x1p64);
  CHECK(from<float>(std::numeric_limits<std::uint64_t>::max()) == 0x1p64f);
  CHECK(from<float>(1e-300) == 0.0f);
  CHECK(from<float>(static_cast<double>(std::numeric_limits<float>::max())) == std::numeric_limits<float>::max());
  CHECK(!from<float>(1e39));
  CHECK(!from<float>(-1e39));
  CHECK(from<float>(-HUGE_VAL) == -HUGE_VALF);
  CHECK(std::isnan(*from<float>(std::nan(""))));
}

TEST_CASE("the first element that does not fit is named") {
  const std::vector<std::int16_t> values{1, 2, -300, 4, -5};
  std::vector<std::int8_t> narrow(5);
  const auto bytes = std::as_bytes(std::span(values));
  CHECK(convert<std::int8_t>(Dtype::int16, bytes, narrow) == 2u);
  CHECK(element_text(Dtype::int16, bytes, 2) == "-300");
  CHECK(element_text(Dtype::boolean, bytes, 0) == (std::endian::native == std::endian::little ? "1" : "0"));
  CHECK(!convert<std::int8_t>(Dtype::int16, bytes.first(4), std::span(narrow).first(2)));
}

TEST_CASE("elements of any alignment are read") {
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> values(9), got(9);
  for (auto& value : values) value = random();
  std::vector<std::byte> bytes(1 + sizeof(std::uint64_t) * values.size());
  std::memcpy(bytes.data() + 1, values.data(), bytes.size() - 1);
  CHECK(!convert<std::uint64_t>(Dtype::uint64, std::span(bytes).subspan(1), got));
  CHECK(got == values);
}

TEST_CASE("the bytes of each element are reversed, and no others") {
  const auto reversed = [](std::string text, std::size_t element) {
    reverse_each(std::as_writable_bytes(std::span(text)), element);
    return text;
  };
  CHECK(reversed("abcdefgh", 1) == "abcdefgh");
  CHECK(reversed("abcdefgh", 2) == "badcfehg");
  CHECK(reversed("abcdefgh", 4) == "dcbahgfe");
  CHECK(reversed("abcdefgh", 8) == "hgfedcba");
  CHECK(reversed("", 8).empty());
}
