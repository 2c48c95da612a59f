// Reading IDX: the header is checked against the number of bytes before anything is believed.

#include <models/data/idx.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <autodiff/error.hpp>
#include <autodiff/text/counted.hpp>
#include <autodiff/text/utf8.hpp>
#include <models/files/shape.hpp>

namespace downhill {
namespace {

constexpr std::size_t magic_size = 4;

unsigned byte_at(std::string_view bytes, std::size_t index) { return static_cast<unsigned char>(bytes[index]); }

std::string product(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t size : shape) text += fmt::format("{}{}", text.empty() ? "" : " x ", size);
  return text.empty() ? "1" : text;
}

}  // namespace

namespace idx_detail {

void no_such_element(std::string_view source, std::size_t index, std::size_t count) {
  throw DataError(
      fmt::format("{}: no element {}; there are {}, counted from 0", utf8::printable(source), index, count));
}

void does_not_fit(std::string_view source, std::size_t index, double value) {
  throw DataError(fmt::format("{}: element {} is {}, not a value of the integer type asked for; ask for a wider one",
                              utf8::printable(source), index, value));
}

}  // namespace idx_detail

std::size_t size_of(IdxType type) {
  switch (type) {
    case IdxType::uint8:
    case IdxType::int8: return 1;
    case IdxType::int16: return 2;
    case IdxType::int32:
    case IdxType::float32: return 4;
    case IdxType::float64: return 8;
  }
  return 0;
}

IdxArray parse_idx(std::string_view bytes, std::string_view source) {
  const auto fail = [&](const std::string& what) {
    throw DataError(fmt::format("{}: {}", utf8::printable(source), what));
  };
  const auto cut_short = [&](std::size_t needed) {
    fail(fmt::format("the IDX header is cut short: {} of {} bytes; get the file again", bytes.size(), needed));
  };
  if (!std::ranges::all_of(bytes.substr(0, 2), [](char c) { return c == 0; }))
    fail("not an IDX file: it does not start with two bytes 0; check the path");
  if (bytes.size() < magic_size) cut_short(magic_size);

  IdxArray array;
  array.source = source;
  array.type = static_cast<IdxType>(byte_at(bytes, 2));
  if (size_of(array.type) == 0)
    fail(fmt::format("unknown IDX type 0x{:02X}; the types are 0x08, 0x09, 0x0B, 0x0C, 0x0D and 0x0E",
                     byte_at(bytes, 2)));
  const std::size_t dimensions = byte_at(bytes, 3), header = magic_size + 4 * dimensions;
  if (bytes.size() < header) cut_short(header);
  for (std::size_t at = magic_size; at < header; at += 4)
    array.shape.push_back(byte_at(bytes, at) << 24 | byte_at(bytes, at + 1) << 16 | byte_at(bytes, at + 2) << 8 |
                          byte_at(bytes, at + 3));

  const std::size_t given = bytes.size() - header;
  const std::string announced = fmt::format("the IDX header announces {} elements of {}", product(array.shape),
                                            counted(size_of(array.type), "byte"));
  const std::optional<std::size_t> needed = bytes_of(array.shape, size_of(array.type));
  if (!needed)
    fail(fmt::format("{}, more bytes than any memory holds, but {} follow; get the file again", announced, given));
  if (*needed != given) fail(fmt::format("{}, {} bytes, but {} follow; get the file again", announced, *needed, given));
  array.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return array;
}

IdxArray read_idx(const std::filesystem::path& file, std::uint64_t size_limit) {
  return parse_idx(read_file(file, {.size_limit = size_limit}), file.string());
}

}  // namespace downhill
