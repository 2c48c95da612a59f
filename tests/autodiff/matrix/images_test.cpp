#include <autodiff/matrix/images.hpp>

#include <cstddef>
#include <string>

#include "support/catch.hpp"

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

// By counting: how many windows begin where they fit.
std::size_t counted(std::size_t size, std::size_t window, std::size_t stride, std::size_t padding) {
  std::size_t count = 0;
  for (std::size_t begin = 0; begin + window <= size + 2 * padding; begin += stride) ++count;
  return count;
}

}  // namespace

TEST_CASE("a result has as many pixels as the window has places") {
  for (std::size_t size = 1; size <= 7; ++size)
    for (std::size_t window = 1; window <= 4; ++window)
      for (std::size_t stride = 1; stride <= 3; ++stride)
        for (std::size_t padding = 0; padding <= 2; ++padding) {
          const Window slid{window, 1, stride, padding};
          CAPTURE(size, window, stride, padding);
          if (window > size + 2 * padding) {
            CHECK_THROWS_AS(convolved({size, 9, 2}, slid, 5), ShapeError);
            continue;
          }
          const ImageShape result = convolved({size, 9, 2}, slid, 5);
          CHECK(result.height == counted(size, window, stride, padding));
          CHECK(result.width == counted(9, 1, stride, padding));
          CHECK(result.channels == 5);
          CHECK(result.size() == result.height * result.width * 5);
          if (padding > 0)
            CHECK_THROWS_AS(pooled({size, 9, 2}, slid), ShapeError);
          else
            CHECK(pooled({size, 9, 2}, slid).size() == result.height * result.width * 2);
        }
}

TEST_CASE("a window that goes nowhere, or further than a tape reaches, is refused with all of its sizes") {
  constexpr std::size_t huge = static_cast<std::size_t>(-1);
  const Window window{2, 3, 1, 0};
  for (const ImageShape& image : {ImageShape{0, 4, 1},
                                  {4, 0, 1},
                                  {4, 4, 0},
                                  {1, 4, 1},
                                  {4, 2, 1},
                                  {huge, 4, 1},
                                  {huge / 2 + 1, huge / 2 + 1, 4},
                                  {65'536, 65'536, 1},
                                  {4, 4, huge}})
    CHECK_THROWS_AS(convolved(image, window, 1), ShapeError);
  const ImageShape image{4, 4, 1};
  for (const Window& wrong : {Window{0, 2, 1, 0},
                              {2, 0, 1, 0},
                              {2, 2, 0, 0},
                              {5, 2, 1, 0},
                              {2, 5, 1, 0},
                              {2, 2, 1, huge},
                              {2, 2, 1, huge / 2 + 1},
                              {huge, 1, 1, 1}})
    CHECK_THROWS_AS(convolved(image, wrong, 1), ShapeError);
  CHECK_THROWS_AS(convolved(image, window, 0), ShapeError);
  CHECK_THROWS_AS(convolved(image, window, huge), ShapeError);
  CHECK_THROWS_WITH(convolved(image, {7, 2, 3, 1}, 1),
                    ContainsSubstring("convolution: a window of 7 x 2, in steps of 3, over an image of 4 x 4 x 1 with "
                                      "the padding 1; the window must fit"));
  CHECK_THROWS_WITH(pooled(image, {2, 3, 1, 2}), ContainsSubstring("pooling: a window of 2 x 3") &&
                                                     ContainsSubstring("the padding must be smaller"));
}
