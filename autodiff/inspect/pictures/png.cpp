// The formats: PNG (ISO/IEC 15948), whose sums and compression are zlib's, and base 64 (RFC 4648).

#include <autodiff/inspect/pictures/png.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <new>
#include <string_view>

#include <autodiff/error.hpp>

namespace downhill::inspect {
namespace {

void append_number(std::string& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift & 0xFF);
}

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

void append_chunk(std::string& file, std::string_view type, std::string_view data) {
  append_number(file, static_cast<std::uint32_t>(data.size()));
  const std::string body = std::string(type) + std::string(data);
  file += body;
  append_number(file, static_cast<std::uint32_t>(crc32_z(0, bytes_of(body), body.size())));
}

std::string compressed(std::string_view data) {
  uLongf size = compressBound(data.size());
  std::string stream(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(stream.data()), &size, bytes_of(data), data.size(), Z_BEST_COMPRESSION) !=
      Z_OK)
    throw std::bad_alloc();  // with so much room, nothing else can go wrong
  stream.resize(size);
  return stream;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) text += k <= bytes.size() - i ? digits[three >> (18 - 6 * k) & 0x3F] : '=';
  }
  return text;
}

}  // namespace

std::string png_address(std::size_t width, std::size_t height, std::span<const std::uint8_t> pixels,
                        const std::array<palette::Colour, 256>& colours) {
  if (pixels.empty() || pixels.size() != width * height)
    throw ShapeError(fmt::format("png_address: {} pixels for an image of {} x {}", pixels.size(), width, height));
  std::string header, parts, opacities, rows;
  append_number(header, static_cast<std::uint32_t>(width));
  append_number(header, static_cast<std::uint32_t>(height));
  header += std::string("\x08\x03\x00\x00\x00", 5);  // 8 bits, indexed, deflated, filters, not interlaced
  for (const palette::Colour& colour : colours) {
    for (const std::uint8_t part : {colour.red, colour.green, colour.blue}) parts += static_cast<char>(part);
    opacities += static_cast<char>(colour.opacity);
  }
  for (std::size_t row = 0; row < height; ++row) {
    rows += '\0';  // the row's filter: none
    for (const std::uint8_t pixel : pixels.subspan(row * width, width)) rows += static_cast<char>(pixel);
  }
  std::string file = "\x89PNG\r\n\x1A\n";
  append_chunk(file, "IHDR", header);
  append_chunk(file, "PLTE", parts);
  append_chunk(file, "tRNS", opacities);
  append_chunk(file, "IDAT", compressed(rows));
  append_chunk(file, "IEND", "");
  return "data:image/png;base64," + base64(file);
}

}  // namespace downhill::inspect
