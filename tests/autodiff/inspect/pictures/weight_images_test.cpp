#include <autodiff/inspect/pictures/weight_images.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <support/catch.hpp>
#include <support/text.hpp>
#include <support/xml.hpp>

using namespace downhill;
using namespace downhill::inspect;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("there is an image for each unit, all to one scale") {
  std::vector<double> weights(28 * 28 * 10);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = std::sin(double(i)) * 3;
  const Figure figure = weight_images(weights, 28 * 28, 10, {.titles = {"first", "<2>"}});
  CHECK(xml_error(svg(figure)) == "");
  CHECK(count(figure.drawing, "<image") == 10 + 1);  // and the scale
  CHECK_THAT(figure.drawing, ContainsSubstring(">first<"));
  CHECK_THAT(figure.drawing, ContainsSubstring("&lt;2&gt;"));
  CHECK_THAT(figure.drawing, ContainsSubstring(">-3<"));
  CHECK(figure.lines.empty());
  CHECK(figure.drawing.size() < 60'000);
}

TEST_CASE("an image is a column of the matrix, its rows from the top") {
  // Two units over 2 x 2 inputs: the second is 0 but for its last pixel.
  const std::vector<double> weights{1, 0, 0.5, 0, 0.25, 0, 0, 1};
  CHECK(weight_images_text(weights, 4, 2, {.width = 20, .unicode = false}) ==
        "0     1\n"
        "##++\n"
        "::      ##\n"
        "\n"
        "the largest weight has the size 1\n");
  const std::vector<float> both{-1, 0.5f, 0, 1};
  CHECK(weight_images_text(both, 4, 1, {.width = 20, .unicode = false}) ==
        "0\n"
        "%%++\n"
        "  ##\n"
        "\n"
        "-1 %=-. 0 :+*# 1\n");
}

TEST_CASE("odd weights are drawn, counted or refused") {
  const double nan_ = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  for (const auto& weights : {std::vector<double>{0, 0, 0, 0},
                              {1, 1, 1, 1},
                              {-1, -2, -3, -4},
                              {nan_, 1, -1, 0},
                              {nan_, nan_, infinity, nan_},
                              {1e308, -1e308, 0, 1},
                              {5e-324, 0, 0, 0}})
    for (const std::size_t units : {1u, 2u, 4u}) {
      CHECK(xml_error(svg(weight_images(weights, 4 / units, units))) == "");
      for (const bool colour : {false, true})
        CHECK(weight_images_text(weights, 4 / units, units, {.colour = colour}) != "");
    }
  CHECK(weight_images(std::vector<double>{nan_, 1, infinity, 0}, 2, 2).lines ==
        std::vector<std::string>{"2 of 4 weights are NaN or infinite"});
  CHECK(weight_images(std::vector<double>{}, 0, 0).lines == std::vector<std::string>{"no weights"});
  CHECK(weight_images(std::vector<double>{}, 0, 5).lines[0] == "no weights");
  CHECK(weight_images(std::vector<double>(2 * 100), 2, 100).lines ==
        std::vector<std::string>{"the first 64 of 100 units"});
  CHECK_THROWS_AS(weight_images(std::vector<double>(5), 2, 3), ShapeError);
  CHECK_THAT(message_of([] { weight_images(std::vector<double>(6), 6, 1, {.width = 4}); }),
             ContainsSubstring("rows of 4 do not fill an image of 6 pixels"));
}

TEST_CASE("images for a terminal stay within its width") {
  const std::vector<double> weights(28 * 28 * 10, 1.0);
  for (const std::size_t width : {20u, 40u, 57u, 80u, 200u}) {
    std::size_t begin = 0;
    const std::string text = weight_images_text(weights, 28 * 28, 10, {.width = width, .unicode = false});
    for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
      if (text[begin] == '#') CHECK(end - begin <= width);
  }
}
