// The ledger beside what is counted otherwise: by a number that counts its own operations, by formulas, by hand.

#include <autodiff/cost.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <support/catch.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;
using Matrix = VarMatrix<double>;

namespace {

// A plain number that counts what is done with it.
struct Counting {
  double value = 0;
  static inline double operations = 0, functions = 0;
  Counting(double x) : value(x) {}
  friend Counting operator+(Counting a, Counting b) { return ++operations, a.value + b.value; }
  friend Counting operator-(Counting a, Counting b) { return ++operations, a.value - b.value; }
  friend Counting operator*(Counting a, Counting b) { return ++operations, a.value * b.value; }
  friend Counting operator/(Counting a, Counting b) { return ++operations, a.value / b.value; }
  friend Counting square(Counting a) { return ++operations, a.value * a.value; }
  friend Counting tanh(Counting a) { return ++functions, std::tanh(a.value); }
  friend Counting exp(Counting a) { return ++functions, std::exp(a.value); }
};

// What f does with so many numbers, beside what its program is said to do: for one sample, and once for all of them.
template <class F>
void check_counts(const F& f, std::size_t parameters, std::size_t per_sample) {
  const std::vector<Counting> w(parameters, Counting(0.5)), s(per_sample, Counting(0.25));
  Counting::operations = Counting::functions = 0;
  f(std::span<const Counting>(w), std::span<const Counting>(s));
  const auto program = record(f, parameters, per_sample);
  const ProgramCost counted = cost(program);
  const Work forward = counted.sample.forward() + counted.hoisted.forward();
  CHECK(forward.operations == Counting::operations);
  CHECK(forward.functions == Counting::functions);
}

const auto line = [](const auto& w, const auto& s) { return square(w[0] * s[0] + w[1] - s[1]); };
// 2-3-1, with tanh.
const auto network = [](const auto& w, const auto& s) {
  auto out = w[9] + 0.0;
  for (std::size_t j = 0; j < 3; ++j) out = out + w[10 + j] * tanh(w[j] * s[0] + w[3 + j] * s[1] + w[6 + j]);
  return square(out - s[2]);
};
const auto decay = [](const auto& w, const auto& s) { return exp(w[0] * w[1]) * s[0] / (s[1] + w[2]); };

Matrix matrix(Tape<double>& tape, std::size_t rows, std::size_t columns) {
  std::vector<double> values(rows * columns);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = 0.5 + 0.01 * static_cast<double>(k * k % 17);
  return parameters(tape, std::span<const double>(values), rows, columns);
}

// Ones, which the tape does not know of.
Matrix constant(std::size_t rows, std::size_t columns) {
  static const std::vector<double> ones(1000, 1.0);
  return Matrix::constant(std::span<const double>(ones).first(rows * columns), rows, columns);
}

// The only line of a tape.
CostLine only_line(const Tape<double>& tape) {
  const Cost all = cost(tape);
  REQUIRE(all.lines.size() == 1);
  return all.lines[0];
}

}  // namespace

TEST_CASE("a program is said to do what a number counts that goes through its function") {
  check_counts(line, 2, 2);
  check_counts(decay, 3, 2);
  check_counts([](const auto& w, const auto& s) { return w[0] * s[0] * s[1] - s[0] / w[1]; }, 2, 2);
  check_counts([](const auto& w, const auto& s) { return square(s[0]) * w[0] - s[1] + w[1] * 3.0 * s[2]; }, 2, 3);
}

TEST_CASE("layers that a program finds count as their arithmetic") {
  // w[9] + 0.0 is an addition for the number that counts, and none for the program, which knows that it is 0.
  const std::vector<Counting> w(13, Counting(0.5)), s(3, Counting(0.25));
  Counting::operations = Counting::functions = 0;
  network(std::span<const Counting>(w), std::span<const Counting>(s));
  const auto program = record(network, 13, 3);
  const ProgramCost counted = cost(program);
  CHECK(counted.sample.forward().operations == Counting::operations - 1);
  CHECK(counted.sample.forward().functions == 3);
  const auto without = cost(record(network, 13, 3, ProgramOptions::none()));
  CHECK(without.sample.forward().functions == 3);
}

TEST_CASE("what parameters alone decide stands apart, and counts once for all samples") {
  const ProgramCost counted = cost(record(decay, 3, 2));
  CHECK(counted.hoisted.forward().operations == 1);  // w[0] * w[1]
  CHECK(counted.hoisted.forward().functions == 1);   // exp
  CHECK(counted.sample.forward().operations == 3);
  const Cost all = counted.over(1000);
  CHECK(all.forward().operations == 3001);
  CHECK(all.forward().functions == 1);
  CHECK(all.reverse().operations == 1000 * counted.sample.reverse().operations + counted.hoisted.reverse().operations);
}

TEST_CASE("the gradient of a line costs a program two operations for each edge that an adjoint takes") {
  // r = w0 s0 + w1 - s1: to w0 a product and a sum, to w1 a sum; r^2: its slope, and a product and a sum to r.
  CHECK(cost(record(line, 2, 2)).sample.reverse().operations == 3 + 3);
  CHECK(cost(record(line, 2, 2)).sample.ratio() == Catch::Approx(1 + 6.0 / 4));
}

TEST_CASE("a program that is not recorded yet has no cost, and one that branches has one for each way") {
  const auto program =
      record([](const auto& w, const auto& s) { return s[0] > 0 ? w[0] * s[0] : exp(w[0]) * s[0]; }, 1, 1);
  CHECK(cost(program).sample.lines.empty());
  static_cast<void>(program.value({1}, {1}));
  static_cast<void>(program.value({1}, {-1}));
  CHECK(cost(program, 0).hoisted.forward().functions == 0);
  CHECK(cost(program, 1).hoisted.forward().functions == 1);
  CHECK(cost(program, 2).sample.lines.empty());
}

TEST_CASE("scalars on a tape have two operations for each edge in the sweep, and no count of how they came") {
  Tape<double> tape;
  const auto w = tape.variable(3), x = tape.variable(2), b = tape.variable(1);
  const auto y = w * x + b;
  const auto loss = y * y;
  static_cast<void>(loss);
  const Cost counted = cost(tape);
  CHECK(counted.statements == 2);
  CHECK(counted.edges == 4);
  CHECK(counted.reverse().operations == 8);
  CHECK(counted.forward().operations == 0);
  CHECK(counted.forward().written == static_cast<double>(tape.bytes()));
  CHECK(counted.tape_bytes == 4 * 12 + 2 * 8);
  CHECK(counted.adjoint_bytes == 5 * 8);
  // Of each edge 12 bytes and the adjoint of its parent, of each statement a trailer and its own adjoint.
  CHECK(counted.reverse().read == 4 * (12 + 8) + 2 * (8 + 8));
  CHECK(counted.reverse().written == 4 * 8);
  CHECK_FALSE(counted.is_complete());
  CHECK(counted.ratio() == 0);
  CHECK_THAT(fmt::format("{}", counted), ContainsSubstring("? not known"));
}

TEST_CASE("a product of n x k and k x m takes 2 n k m operations forward and 4 n k m back") {
  constexpr double n = 3, k = 5, m = 4;
  Tape<double> tape;
  const Matrix a = matrix(tape, 3, 5), b = matrix(tape, 5, 4), row = matrix(tape, 1, 4);
  const Mark here = tape.mark();
  static_cast<void>(product(a, b));
  const CostLine both = only_line(tape);
  CHECK(both.kind == "product");
  CHECK(both.product == std::array<std::size_t, 3>{3, 5, 4});
  CHECK(both.forward.operations == 2 * n * k * m);
  CHECK(both.reverse.operations == 4 * n * k * m);
  CHECK(both.forward.read == 8 * (n * k + k * m));
  CHECK(both.forward.written == 8 * n * m);
  // The adjoint of the result, each factor for the adjoint of the other, and those adjoints, which are added to.
  CHECK(both.reverse.read == 8 * (n * m + 2 * (n * k + k * m)));
  CHECK(both.reverse.written == 8 * (n * k + k * m));

  tape.rewind(here);
  static_cast<void>(affine(a, b, row));
  CHECK(only_line(tape).forward.operations == 2 * n * k * m);
  CHECK(only_line(tape).reverse.operations == 4 * n * k * m + n * m);

  tape.rewind(here);
  static_cast<void>(product(constant(3, 5), b));
  CHECK(only_line(tape).reverse.operations == 2 * n * k * m);
}

TEST_CASE("with a sink the weights of a large layer are read and written once, and their adjoints not at all") {
  constexpr double wide = 128;
  Tape<double> tape;
  const Matrix x = matrix(tape, 1, 128), w = matrix(tape, 128, 128);
  static_cast<void>(product(x, w));
  const Work memory = cost(tape).reverse(), sink = cost(tape, SweepTo::sink).reverse();
  CHECK(memory.operations == sink.operations);
  CHECK(memory.written == 8 * (wide * wide + wide));
  CHECK(sink.written == memory.written);
  CHECK(memory.read - sink.read == 8 * wide * wide);
  CHECK(sink.read == 8 * (wide * wide + 3 * wide));
}

TEST_CASE("rules element by element count as arithmetic, or as functions with their slopes") {
  Tape<double> tape;
  const Matrix a = matrix(tape, 3, 4), row = matrix(tape, 1, 4);
  const Mark here = tape.mark();
  const auto check = [&](const Matrix&, double operations, double functions, double back, double slopes) {
    const CostLine of = only_line(tape);
    CAPTURE(of.kind);
    CHECK(of.forward.operations == 12 * operations);
    CHECK(of.forward.functions == 12 * functions);
    CHECK(of.reverse.operations == 12 * back);
    CHECK(of.reverse.functions == 12 * slopes);
    CHECK(of.forward.written == 8 * 12);
    tape.rewind(here);
  };
  check(a + row, 1, 0, 4, 0);
  check(a * a, 1, 0, 4, 0);
  check(a / row, 1, 0, 1 + 2 + 2 + 2, 0);
  check(square(a), 1, 0, 3, 0);
  check(relu(a), 1, 0, 3, 0);
  check(exp(a), 0, 1, 2, 0);
  check(tanh(a), 0, 1, 2, 1);
  check(pow(a, row), 0, 1, 4, 2);
  static_cast<void>(a * row);
  CHECK(only_line(tape).forward.read == 8 * (12 + 4));  // the row is read once, however often it is repeated
}

TEST_CASE("a convolution counts each weight at each place, and pooling each pixel under a window") {
  const ImageShape image{5, 4, 2};
  const Window window{3, 2, 2, 1};
  const std::size_t images = 3, channels = 4;
  const ImageShape out = convolved(image, window, channels);
  const double multiplied = 2.0 * images * static_cast<double>(out.height * out.width * channels * 3 * 2 * 2);
  Tape<double> tape;
  const Matrix x = matrix(tape, images, image.size()), w = matrix(tape, 12, channels), b = matrix(tape, 1, channels);
  const Mark here = tape.mark();
  static_cast<void>(convolution(x, image, w, b, window));
  const double places = static_cast<double>(images * out.height * out.width);
  CHECK(only_line(tape).forward.operations == multiplied);
  CHECK(only_line(tape).reverse.operations == 2 * multiplied + places * channels + places * 12);

  tape.rewind(here);
  double seen = 0, windows = 0;
  const ImageShape small = pooled(image, window);
  for (std::size_t y = 0; y < small.height; ++y)
    for (std::size_t c = 0; c < small.width; ++c, ++windows)
      for (std::size_t down = 0; down < 3; ++down)
        for (std::size_t right = 0; right < 2; ++right) {
          const std::size_t row = y * 2 + down, column = c * 2 + right;  // in the image with its padding
          seen += row >= 1 && row < 6 && column >= 1 && column < 5 ? 1 : 0;
        }
  seen *= 2.0 * images, windows *= 2.0 * images;  // of each channel
  static_cast<void>(max_pooling(x, image, window));
  CHECK(only_line(tape).forward.operations == seen - windows);
  CHECK(only_line(tape).reverse.operations == windows);
  tape.rewind(here);
  static_cast<void>(average_pooling(x, image, window));
  CHECK(only_line(tape).forward.operations == seen);
  CHECK(only_line(tape).reverse.operations == 2 * seen);
}

TEST_CASE("softmax, losses, sums and norms count what their formulas do") {
  Tape<double> tape;
  const Matrix x = matrix(tape, 3, 4), gain = matrix(tape, 1, 4), bias = matrix(tape, 1, 4);
  const Mark here = tape.mark();
  const auto take = [&] {
    const CostLine of = only_line(tape);
    tape.rewind(here);
    CHECK(of.is_complete);
    return of;
  };
  static_cast<void>(softmax(x));
  // In each row 3 comparisons, 4 differences, 3 sums, 4 quotients.
  CHECK(take().forward.operations == 3 * 14);
  const std::array<std::size_t, 3> labels{0, 1, 3};
  static_cast<void>(softmax_cross_entropy(x, labels));
  const CostLine loss = take();
  CHECK(loss.forward.functions == 12 + 3);
  CHECK(loss.reverse.operations == 2 * 12);
  static_cast<void>(mean_squared_error(x, constant(3, 4)));
  CHECK(take().reverse.operations == 2 * 12);
  static_cast<void>(logistic_cross_entropy(x, std::vector<double>(12)));
  CHECK(take().forward.functions == 2 * 12);
  static_cast<void>(sum(x));
  const CostLine total = take();
  CHECK(total.forward.operations == 11);
  CHECK(total.reverse.operations == 12);
  static_cast<void>(sum_of_rows(x));
  CHECK(take().forward.operations == 9);
  static_cast<void>(max_of_columns(x));
  CHECK(take().forward.operations == 8);
  static_cast<void>(layer_norm(x, gain, bias));
  CHECK(take().forward.functions == 3);
  const std::vector<std::size_t> rows{2, 2};
  static_cast<void>(gather_rows(x, rows));
  const CostLine gathered = take();
  CHECK(gathered.forward.operations == 0);
  CHECK(gathered.reverse.operations == 8);
  static_cast<void>(concatenate_rows({x, gain}));
  CHECK(take().reverse.operations == 16);
}

TEST_CASE("linear algebra has its leading terms, and says where iterations come on top") {
  Tape<double> tape;
  const Matrix x = matrix(tape, 6, 6), b = matrix(tape, 6, 2);
  const Mark here = tape.mark();
  const Matrix a = product(x, x.transpose());
  const auto last = [&](std::string_view kind) {
    for (const CostLine& of : cost(tape).lines)
      if (of.kind == kind) return of;
    FAIL("there is no line of " << kind);
    return CostLine{};
  };
  static_cast<void>(solve(a, b));
  CHECK(last("solve").forward.operations == Catch::Approx(2 * 216.0 / 3 + 2 * 36 * 2));
  CHECK(last("solve").reverse.operations == 2 * 36 * 2 + 2 * 36 * 2);
  static_cast<void>(inverse(a));
  CHECK(last("inverse").reverse.operations == 4 * 216);
  static_cast<void>(cholesky(a));
  CHECK(last("cholesky").forward.operations == Catch::Approx(216.0 / 3));
  static_cast<void>(determinant(a));
  static_cast<void>(log_determinant(a));
  CHECK(last("log_determinant").forward.functions == 6);
  CHECK(cost(tape).is_complete());
  static_cast<void>(eigenvalues_symmetric(a));
  CHECK_FALSE(last("eigenvalues_symmetric").is_complete);
  static_cast<void>(singular_values(b));
  CHECK(last("singular_values").reverse.operations == 2 * 6 * 2 * 2);
  static_cast<void>(solve_least_squares(x, b));
  CHECK_FALSE(last("solve_least_squares").is_complete);
  tape.rewind(here);
}

namespace {

struct SquaresPullBack {
  Matrix::Matrix value;
  template <class G, class Adjoint>
  void operator()(const G& g, const Adjoint& adjoint) const {
    adjoint += 2 * g.cwiseProduct(value);
  }
  BlockWork work() const { return {.forward = {.operations = 6}, .reverse = {.operations = 18}}; }
};

}  // namespace

TEST_CASE("an operation of one's own counts by the sizes of its operands, unless it says what it takes") {
  Tape<double> tape;
  const Matrix a = matrix(tape, 2, 3);
  const Mark here = tape.mark();
  const Matrix::Matrix value = a.value();
  const SquaresPullBack pull_back{value};
  static_cast<void>(
      custom(value.cwiseProduct(value), {a}, [=](const auto& g, auto adjoint) { pull_back(g, adjoint); }));
  const CostLine by_size = only_line(tape);
  CHECK_FALSE(by_size.is_complete);
  CHECK(by_size.reverse.operations == 6);
  CHECK(by_size.forward.read == 48);
  CHECK_THAT(fmt::format("{}", cost(tape)), ContainsSubstring("custom *"));
  tape.rewind(here);
  static_cast<void>(custom(value.cwiseProduct(value), {a}, pull_back));
  CHECK(only_line(tape).is_complete);
  CHECK(only_line(tape).reverse.operations == 18);
}

TEST_CASE("a segment that is recomputed counts its own sweep, and a program its samples") {
  Tape<double> tape;
  const auto a = tape.variable(0.5), b = tape.variable(0.25);
  const Mark here = tape.mark();
  const auto f = [](const auto& x, const auto& y) { return x * y + x; };
  static_cast<void>(recompute(f)(a, b));
  const CostLine segment = only_line(tape);
  CHECK(segment.kind == "recompute");
  CHECK(segment.reverse.operations == 2 + 2 * 2);  // an addition for each input, and two edges
  tape.rewind(here);

  const auto program = record(line, 2, 2);
  const ProgramCost each = cost(program);
  static_cast<void>(program(std::vector{a, b}, std::vector<double>{1, 2}));
  const CostLine block = only_line(tape);
  CHECK(block.forward.operations == each.sample.forward().operations + each.sample.reverse().operations);
  CHECK(block.reverse.operations == 4);
}

TEST_CASE("the ratio by operations of a deep network is that of the literature, below five") {
  Tape<double> tape;
  const Matrix w = matrix(tape, 16, 16);
  Matrix x = constant(8, 16);
  for (int layer = 0; layer < 6; ++layer) x = tanh(product(x, w));
  static_cast<void>(mean_squared_error(x, 0.0));
  CHECK(cost(tape).ratio() > 2);
  CHECK(cost(tape).ratio() < 5);
  CHECK_THAT(fmt::format("{}", cost(tape)), ContainsSubstring("product 8 x 16 x 16") && ContainsSubstring("Griewank"));
}
