// Arrays of every type, and headers that promise what does not follow.

#include <models/data/idx.hpp>

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

using Extents = std::vector<std::size_t>;

std::string big_endian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = size; i-- > 0;) bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  return bytes;
}

std::string header(unsigned type, const std::vector<std::uint32_t>& sizes) {
  std::string bytes = std::string(2, '\0') + static_cast<char>(type) + static_cast<char>(sizes.size());
  for (const std::uint32_t size : sizes) bytes += big_endian(size, 4);
  return bytes;
}

IdxArray parse(std::string_view bytes) { return parse_idx(bytes, "t.idx"); }

std::string complaint(std::string_view bytes) {
  try {
    parse(bytes);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

std::vector<double> all(const IdxArray& array) {
  std::vector<double> values;
  for (std::size_t i = 0; i < array.size(); ++i) values.push_back(array.at(i));
  return values;
}

}  // namespace

TEST_CASE("images are read as their bytes") {
  const IdxArray images = parse(header(0x08, {2, 2, 3}) + "abcdefghijk\xFF");
  CHECK(images.source == "t.idx");
  CHECK(images.type == IdxType::uint8);
  CHECK(images.shape == Extents{2, 2, 3});
  CHECK(images.size() == 12);
  CHECK(images.bytes[0] == 'a');
  CHECK(images.at(11) == 255);
  CHECK(images.as<float>()[1] == 98.0f);
  CHECK(images.as<std::uint8_t>() == images.bytes);
}

TEST_CASE("numbers of every type are read, the most significant byte first") {
  CHECK(all(parse(header(0x08, {3}) + "\x01\x7F\x80")) == std::vector<double>{1, 127, 128});
  CHECK(all(parse(header(0x09, {3}) + "\x01\x7F\x80")) == std::vector<double>{1, 127, -128});
  CHECK(all(parse(header(0x0B, {2}) + "\x01\x02\xFF\xFE")) == std::vector<double>{258, -2});
  CHECK(all(parse(header(0x0C, {2}) + "\x01\x02\x03\x04\xFF\xFF\xFF\xFF")) == std::vector<double>{16909060, -1});
  CHECK(all(parse(header(0x0D, {1}) + std::string("\xBF\xC0\0\0", 4))) == std::vector<double>{-1.5});
  CHECK(all(parse(header(0x0E, {1}) + std::string("\x40\x09\x21\xFB\x54\x44\x2D\x18", 8))) ==
        std::vector<double>{3.141592653589793});
}

TEST_CASE("random numbers of every type are read back bit for bit") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t bits = random();
    const auto check = [&]<class Stored>(unsigned type, Stored expected) {
      const IdxArray array = parse(header(type, {1}) + big_endian(bits, sizeof(Stored)));
      const double value = array.at(0);
      CHECK((value == static_cast<double>(expected) || std::isnan(static_cast<double>(expected))));
      if constexpr (std::integral<Stored>) CHECK(array.as<Stored>()[0] == expected);
    };
    check(0x08, static_cast<std::uint8_t>(bits));
    check(0x09, static_cast<std::int8_t>(bits));
    check(0x0B, static_cast<std::int16_t>(bits));
    check(0x0C, static_cast<std::int32_t>(bits));
    check(0x0D, std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    check(0x0E, std::bit_cast<double>(bits));
  }
}

TEST_CASE("an array may be empty or a single number") {
  CHECK(parse(header(0x08, {0, 28, 28})).size() == 0);
  CHECK(parse(header(0x08, {0, 28, 28})).as<double>().empty());
  CHECK(parse(header(0x0B, {}) + std::string("\0\5", 2)).at(0) == 5);
  CHECK(IdxArray{}.size() == 0);
}

TEST_CASE("elements are converted where they fit and refused where they do not") {
  const IdxArray array = parse(header(0x09, {2}) + "\x05\xFF");
  CHECK(array.as<int>() == std::vector<int>{5, -1});
  CHECK(array.as<double>() == std::vector<double>{5, -1});
  CHECK_THROWS_AS(array.as<std::size_t>(), DataError);
  CHECK_THROWS_WITH(array.as<std::uint8_t>(),
                    "t.idx: element 1 is -1, not a value of the integer type asked for; ask for a wider one");
  const auto one = [](double value) {
    return parse(header(0x0E, {1}) + big_endian(std::bit_cast<std::uint64_t>(value), 8));
  };
  CHECK(one(-9223372036854775808.0).as<std::int64_t>()[0] == std::numeric_limits<std::int64_t>::min());
  CHECK(one(18446744073709549568.0).as<std::uint64_t>()[0] == 18446744073709549568u);
  CHECK(one(255).as<std::uint8_t>()[0] == 255);
  for (const double value : {256.0, -1.0, 0.5, -0.5, 1e300, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    CAPTURE(value);
    CHECK_THROWS_AS(one(value).as<std::uint8_t>(), DataError);
  }
  CHECK_THROWS_AS(one(9223372036854775808.0).as<std::int64_t>(), DataError);
  CHECK_THROWS_AS(one(18446744073709551616.0).as<std::uint64_t>(), DataError);
}

TEST_CASE("an element that is not there is refused") {
  const IdxArray array = parse(header(0x0B, {2}) + "abcd");
  CHECK_THROWS_AS(array.at(2), DataError);
  CHECK_THROWS_WITH(array.at(2), "t.idx: no element 2; there are 2, counted from 0");
  CHECK_THROWS_AS(IdxArray{}.at(0), DataError);
}

TEST_CASE("what is not IDX is refused") {
  CHECK(complaint("PK\3\4") == "t.idx: not an IDX file: it does not start with two bytes 0; check the path");
  CHECK(complaint(std::string("\0\1\x08\1", 4)) ==
        "t.idx: not an IDX file: it does not start with two bytes 0; check the path");
  for (const unsigned type : {0x00u, 0x07u, 0x0Au, 0x0Fu, 0xFFu})
    CHECK(complaint(header(type, {1}) + "x") ==
          fmt::format("t.idx: unknown IDX type 0x{:02X}; the types are 0x08, 0x09, 0x0B, 0x0C, 0x0D and 0x0E", type));
}

TEST_CASE("an array cut short anywhere is refused with both numbers") {
  const std::string sound = header(0x0B, {3, 2}) + "abcdefghijkl";
  CHECK(complaint(sound).empty());
  for (std::size_t length = 0; length < 4; ++length)
    CHECK(complaint(sound.substr(0, length)) ==
          fmt::format("t.idx: the IDX header is cut short: {} of 4 bytes; get the file again", length));
  for (std::size_t length = 4; length < 12; ++length)
    CHECK(complaint(sound.substr(0, length)) ==
          fmt::format("t.idx: the IDX header is cut short: {} of 12 bytes; get the file again", length));
  for (std::size_t length = 12; length < sound.size(); ++length)
    CHECK(complaint(sound.substr(0, length)) ==
          fmt::format("t.idx: the IDX header announces 3 x 2 elements of 2 bytes, 12 bytes, but {} follow; get the "
                      "file again",
                      length - 12));
  CHECK(complaint(sound + "m") ==
        "t.idx: the IDX header announces 3 x 2 elements of 2 bytes, 12 bytes, but 13 follow; get the file again");
  CHECK(complaint(header(0x08, {0}) + "x") ==
        "t.idx: the IDX header announces 0 elements of 1 byte, 0 bytes, but 1 follow; get the file again");
}

TEST_CASE("sizes whose product overflows are refused") {
  const std::uint32_t most = 0xFFFFFFFFu;
  CHECK(complaint(header(0x0E, {most, most}) + "x") ==
        "t.idx: the IDX header announces 4294967295 x 4294967295 elements of 8 bytes, more bytes than any memory "
        "holds, but "
        "1 follow; get the file again");
  // 2^64 elements of 1 byte and 2^61 of 8 bytes: both wrap around to none
  CHECK(complaint(header(0x08, {1u << 31, 1u << 31, 4})).find("more bytes than any memory") != std::string::npos);
  CHECK(complaint(header(0x0E, {1u << 31, 1u << 30})).find("more bytes than any memory") != std::string::npos);
  CHECK(complaint(header(0x08, {0, most, most, most})).find("more bytes than any memory") != std::string::npos);
  CHECK(complaint(header(0x08, {most, most})).find("18446744065119617025 bytes, but 0 follow") != std::string::npos);
  CHECK(!complaint(header(0x08, std::vector<std::uint32_t>(255, most))).empty());
  CHECK(complaint(header(0x08, std::vector<std::uint32_t>(255, 1)) + "x").empty());
}

TEST_CASE("random bytes are an array or a DataError and nothing else") {
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % (seed % 2 == 0 ? 256 : 4));
    if (bytes.size() > 3 && seed % 3 != 0) {
      bytes[0] = bytes[1] = '\0';
      bytes[2] = static_cast<char>(8 + random() % 7);
      bytes[3] = static_cast<char>(random() % 4);
    }
    try {
      const IdxArray array = parse(bytes);
      std::size_t product = 1;
      for (const std::size_t size : array.shape) product *= size;
      if (product != array.size()) FAIL("half an array");
    } catch (const DataError& error) {
      const std::string message = error.what();
      if (!message.starts_with("t.idx: ") || message.find("; ") == std::string::npos) FAIL(message);
    }
  }
}

TEST_CASE("an array is read from a file as from the same bytes") {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("downhill_idx_test_{:08x}", std::random_device{}());
  std::ofstream(path, std::ios::binary) << header(0x08, {2, 2}) + "abcd";
  const IdxArray array = read_idx(path);
  CHECK(array.source == path.string());
  CHECK(array.shape == Extents{2, 2});
  CHECK_THROWS_AS(read_idx(path, 15), DataError);
  std::filesystem::remove(path);
  CHECK_THROWS_AS(read_idx(path), DataError);
  const unsigned char compressed[] = {0x1F, 0x8B, 0x08, 0,    0,    0,    0,    0,    0,    3,    0x63,
                                      0x60, 0xE0, 0x60, 0x64, 0x60, 0x60, 0x60, 0x66, 0xE7, 0xE0, 0x04,
                                      0x00, 0xAD, 0x98, 0x0A, 0xBA, 0x0B, 0x00, 0x00, 0x00};
  std::ofstream(path, std::ios::binary) << std::string(std::begin(compressed), std::end(compressed));
  CHECK(read_idx(path).as<int>() == std::vector<int>{7, 8, 9});
  std::filesystem::remove(path);
}
