#include <autodiff/threads.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <new>
#include <vector>

#include <autodiff/descent/methods.hpp>
#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using test::scattered;

namespace {

// Keeps the number of threads as it was.
struct Threads {
  std::size_t before = threads();
  explicit Threads(std::size_t count) { set_threads(count); }
  ~Threads() { set_threads(before); }
};

}  // namespace

TEMPLATE_TEST_CASE("products and their adjoints are the same bits on any number of threads", "", float, double) {
  using T = TestType;
  // Around the edges of pieces, and of what is worth more than one thread.
  const std::vector<std::array<std::size_t, 3>> sizes{{241, 30, 187}, {128, 20, 512}, {1, 1050, 1000}, {1050, 1000, 1},
                                                      {239, 20, 240}, {240, 20, 241}, {383, 45, 64},   {6272, 9, 19},
                                                      {192, 30, 192}, {577, 1, 1801}, {97, 110, 101},  {193, 600, 50}};
  const auto bits_of = [](const std::array<std::size_t, 3>& size) {
    const auto [n, k, m] = size;
    Tape<T> tape;
    const auto a = parameters<T>(tape, scattered<T>(n * k, 1, -1, 1), n, k),
               b = parameters<T>(tape, scattered<T>(k * m, 2, -1, 1), k, m);
    const auto c = parameters<T>(tape, scattered<T>(n * m, 3, -1, 1), n, m),
               turned = parameters<T>(tape, scattered<T>(k * n, 4, -1, 1), k, n);
    const auto y = product(a, b), z = product(turned.transpose(), b);
    std::vector<T> all = tape.gradient(sum(y * c) + sum(z * c)).parameters();
    for (const auto& result : {y, z}) {
      const auto values_of = result.value();
      all.insert(all.end(), values_of.data(), values_of.data() + values_of.size());
    }
    return all;
  };
  for (const auto& size : sizes) {
    CAPTURE(size[0], size[1], size[2]);
    const std::vector<T> alone = bits_of(size);
    for (const std::size_t count : {2u, 7u}) {
      const Threads some(count);
      const std::vector<T> together = bits_of(size);
      CHECK(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(T)) == 0);
    }
  }
}

TEST_CASE("there is one thread unless more are asked for") {
  CHECK(threads() == 1);
  {
    const Threads some(3);
    CHECK((threads() == 3 || threads() == 1));  // 1 without OpenMP
  }
  const Threads all(0);
  CHECK(threads() >= 1);
}

TEMPLATE_TEST_CASE("networks of images and their gradients are the same bits on any number of threads", "", float,
                   double) {
  using T = TestType;
  // Few and many images, so that groups are fewer and more than lots, and not a whole number of either.
  for (const std::size_t images : {1u, 3u, 61u, 130u}) {
    const auto bits = [&] {
      Tape<T> tape;
      const ImageShape image{28, 28, 1}, seen = convolved(image, {3, 3, 1, 1}, 8), smaller = pooled(seen, {2, 2, 2, 0}),
                                         deeper = convolved(smaller, {3, 3, 1, 0}, 6);
      const auto x = parameters<T>(tape, scattered<T>(images * image.size(), 1, -1, 1), images, image.size());
      const auto w = parameters<T>(tape, scattered<T>(9 * 8, 2, -1, 1), 9, 8),
                 b = parameters<T>(tape, scattered<T>(8, 3, -1, 1), 1, 8);
      const auto v = parameters<T>(tape, scattered<T>(72 * 6, 4, -1, 1), 72, 6),
                 c = parameters<T>(tape, scattered<T>(6, 5, -1, 1), 1, 6);
      const auto first = max_pooling(tanh(convolution(x, image, w, b, {3, 3, 1, 1})), seen, {2, 2, 2, 0});
      const auto y = softmax(average_pooling(convolution(first, smaller, v, c, {3, 3, 1, 0}), deeper, {2, 2, 2, 0}));
      std::vector<T> all = tape.gradient(sum(y * log_softmax(y))).parameters();
      const auto value = y.value();
      all.insert(all.end(), value.data(), value.data() + value.size());
      return all;
    };
    CAPTURE(images);
    const std::vector<T> alone = bits();
    for (const std::size_t count : {2u, 8u}) {
      const Threads some(count);
      const std::vector<T> together = bits();
      CHECK(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(T)) == 0);
    }
  }
}

TEMPLATE_TEST_CASE("functions element by element are the same bits on any number of threads", "", float, double) {
  using T = TestType;
  // One run of all elements, rows, columns, transposed, and repeated rows and columns; fewer and more than a stretch.
  for (const auto [rows, columns] :
       {std::array<std::size_t, 2>{1, 200'003}, {200'003, 1}, {701, 301}, {3, 90'001}, {5, 7}}) {
    const auto bits = [rows = rows, columns = columns] {
      Tape<T> tape;
      const auto x = parameters<T>(tape, scattered<T>(rows * columns, 1, -1, 1), rows, columns);
      const auto y = parameters<T>(tape, scattered<T>(columns * rows, 2, -1, 1), columns, rows);
      const auto row = parameters<T>(tape, scattered<T>(columns, 3, -1, 1), 1, columns);
      const auto column = parameters<T>(tape, scattered<T>(rows, 4, -1, 1), rows, 1);
      const auto z = tanh(x * row + column) - exp(y.transpose()) / (2.0 + sin(row)) + pow(square(x), 0.3 * column);
      std::vector<T> all = tape.gradient(sum(z * x)).parameters();
      const auto value = z.value();
      all.insert(all.end(), value.data(), value.data() + value.size());
      return all;
    };
    CAPTURE(rows, columns);
    const std::vector<T> alone = bits();
    for (const std::size_t count : {2u, 8u}) {
      const Threads some(count);
      const std::vector<T> together = bits();
      CHECK(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(T)) == 0);
    }
  }
}

TEST_CASE("a step of an optimizer is the same bits on any number of threads") {
  for (const std::size_t n : {1u, 40'000u, 131'072u, 300'001u}) {
    const auto bits = [&] {
      std::vector<double> point = scattered(n, 1, -1, 1);
      const std::vector<double> gradient = scattered(n, 2, -1, 1);
      Optimizer<Adam> adam(Adam{}, n);
      for (int k = 0; k < 3; ++k) adam.step(point, gradient);
      return point;
    };
    const std::vector<double> alone = bits();
    const Threads some(3);
    CHECK(bits() == alone);
  }
}

TEST_CASE("what a piece throws on another thread is thrown on") {
  const Threads some(3);
  std::vector<int> done(100);
  CHECK_THROWS_AS(in_parallel(done.size(), 3,
                              [&](std::size_t piece, std::size_t) {
                                if (piece == 70) throw std::bad_alloc();
                                done[piece] = 1;
                              }),
                  std::bad_alloc);
}

TEST_CASE("stretches cover everything once, and begin at multiples of 16") {
  for (const std::size_t threads : {1u, 4u})
    for (const std::size_t count : {0u, 1u, 16u, 1000u, 32'768u, 200'003u})
      for (const std::size_t cost : {0u, 1u, 100u, 1'000'000u}) {
        const Threads some(threads);
        std::vector<std::size_t> visits(count), begins(count / 16 + 1);
        in_stretches(count, cost, [&](std::size_t begin, std::size_t end) {
          if (begin % 16 == 0) ++begins[begin / 16];
          for (std::size_t i = begin; i < end; ++i) ++visits[i];
        });
        CHECK(std::ranges::all_of(visits, [](std::size_t n) { return n == 1; }));
        CHECK(std::ranges::all_of(begins, [](std::size_t n) { return n <= 1; }));
      }
}
