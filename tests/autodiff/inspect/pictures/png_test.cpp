#include <autodiff/inspect/pictures/png.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <support/catch.hpp>

#include <zlib.h>

using namespace downhill;
using namespace downhill::inspect;

namespace {

std::array<palette::Colour, 256> some_colours() {
  std::array<palette::Colour, 256> colours{};
  for (std::size_t i = 0; i < 256; ++i) {
    const auto byte = static_cast<std::uint8_t>(i);
    colours[i] = {byte, static_cast<std::uint8_t>(255 - byte), 7, static_cast<std::uint8_t>(byte / 2)};
  }
  return colours;
}

std::string decoded(std::string_view text) {
  const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(digits.find(c));
    if ((held += 6) >= 8) bytes += static_cast<char>(bits >> (held -= 8) & 0xFF);
  }
  return bytes;
}

}  // namespace

TEST_CASE("an image has as many pixels as its size says") {
  const std::vector<std::uint8_t> pixels(6);
  CHECK_THROWS_AS(png_address(2, 2, pixels, some_colours()), ShapeError);
  CHECK_THROWS_AS(png_address(0, 0, {}, some_colours()), ShapeError);
  CHECK(png_address(3, 2, pixels, some_colours()).starts_with("data:image/png;base64,iVBORw0KGgo"));
}

TEST_CASE("an image is a PNG file: zlib agrees with its sums and finds its pixels") {
  const auto number = [](const std::string& bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  };
  for (const auto& [width, height] : {std::pair<std::size_t, std::size_t>{1, 1}, {3, 2}, {28, 28}, {400, 400}}) {
    std::vector<std::uint8_t> pixels(width * height);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7);
    const std::string address = png_address(width, height, pixels, some_colours());
    const std::string file = decoded(std::string_view(address).substr(22));
    REQUIRE(file.starts_with("\x89PNG\r\n\x1A\n"));
    std::string types;
    for (std::size_t at = 8; at < file.size();) {
      const std::size_t length = number(file, at);
      const std::string type = file.substr(at + 4, 4), data = file.substr(at + 8, length);
      const std::string body = type + data;
      CHECK(number(file, at + 8 + length) ==
            crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
      types += type + " ";
      if (type == "IHDR") {
        CHECK(number(data, 0) == width);
        CHECK(number(data, 4) == height);
      }
      if (type == "PLTE") CHECK(data.substr(3 * 200, 3) == "\xC8\x37\x07");
      if (type == "tRNS") CHECK(data[200] == 100);
      if (type == "IDAT") {
        std::string rows((width + 1) * height, '\0');
        uLongf size = rows.size();
        REQUIRE(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
                           data.size()) == Z_OK);
        REQUIRE(size == rows.size());
        bool same = true;
        for (std::size_t y = 0; y < height; ++y)
          for (std::size_t x = 0; x < width; ++x)
            same = same && static_cast<std::uint8_t>(rows[y * (width + 1) + 1 + x]) == pixels[y * width + x];
        CHECK(same);
      }
      at += length + 12;
    }
    CHECK(types == "IHDR PLTE tRNS IDAT IEND ");
  }
}
