#include <autodiff/descent/optimizer.hpp>

#include <cmath>
#include <exception>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <autodiff/descent/all_methods.hpp>
#include <autodiff/descent/methods.hpp>
#include <autodiff/error.hpp>
#include <autodiff/matrix.hpp>
#include <autodiff/recompute.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

template <class T>
std::vector<T> random_numbers(std::size_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<T> x(n);
  for (T& value : x) value = static_cast<T>(normal(generator));
  return x;
}

// A network of three layers, the second with weights that are many, on a tape with nothing else.
template <class T>
class Layers {
 public:
  Layers() {
    static const std::vector<T> numbers = random_numbers<T>(390 * 350, 7);
    const auto add = [this](std::size_t rows, std::size_t columns) {
      parameters_.push_back(parameters(tape, std::span<const T>(numbers).first(rows * columns), rows, columns));
    };
    add(5, 390), add(1, 390), add(390, 350), add(1, 350), add(350, 2);
    start_ = tape.mark();
  }
  Var<T> loss(std::size_t samples) {
    tape.rewind(start_);
    inputs_ = random_numbers<T>(5 * samples, 3);
    const auto x = VarMatrix<T>::constant(inputs_, samples, 5);
    const auto& p = parameters_;
    return mean(square(product(tanh(affine(tanh(affine(x, p[0], p[1])), p[2], p[3])), p[4]))) * T(0.01);
  }
  Tape<T> tape;

 private:
  std::vector<VarMatrix<T>> parameters_;
  std::vector<T> inputs_;
  Mark start_;
};

template <class T, class M>
std::vector<T> walked(const M& method, std::size_t samples, bool sweeps) {
  Layers<T> layers;
  Optimizer<M, T> optimizer(method, layers.tape.parameters().size());
  Sweep<T> sweep;
  for (int step = 0; step < 3; ++step) {
    const Var<T> loss = layers.loss(samples);
    if (sweeps) {
      optimizer.step(layers.tape, loss, sweep);
    } else {
      const Gradient<T> gradient = layers.tape.gradient(loss);
      optimizer.step(layers.tape.update_parameters(), gradient.parameters());
    }
  }
  auto point = std::vector<T>(layers.tape.parameters().begin(), layers.tape.parameters().end());
  point.insert(point.end(), optimizer.memory().begin(), optimizer.memory().end());
  point.push_back(static_cast<T>(optimizer.steps()));
  return point;
}

template <class T>
void check_methods(std::size_t samples) {
  [samples]<class... M>(TypeList<M...>) {
    const auto check = [samples]<class Method>(Method method) {
      CAPTURE(Method::name, samples);
      method.learning_rate = [](std::size_t k) { return 0.01 / static_cast<double>(1 + k); };
      method.gradient = {.weight_decay = 0.01, .clip_value = 1e-4, .groups = {{5, 2000, 0.5, 0}, {2010, 60'000, 2, 3}}};
      CHECK((walked<T>(method, samples, true) == walked<T>(method, samples, false)));
      method.gradient = {};
      CHECK((walked<T>(method, samples, true) == walked<T>(method, samples, false)));
    };
    (check(M{}), ...);
  }(FirstOrderMethods{});
}

}  // namespace

TEST_CASE("a step that sweeps is the step after a gradient, to the bit, by every method and with any threads") {
  const std::size_t before = threads();
  check_methods<float>(7);
  check_methods<double>(1);
  for (const std::size_t count : std::vector<std::size_t>{2, 8}) {
    set_threads(count);
    CAPTURE(count);
    check_methods<float>(1);
  }
  set_threads(before);
}

TEST_CASE("a step that sweeps refuses what it cannot do, and nothing has moved") {
  Tape<double> tape, other;
  static_cast<void>(tape.variable(1.0)), static_cast<void>(other.variable(1.0));
  const auto loss = square(tape.parameter(0));
  Sweep<double> sweep;
  GradientDescent clipped;
  clipped.gradient.clip_norm = 1;
  Optimizer<GradientDescent> by_norm(clipped, 1);
  CHECK_THROWS_WITH(by_norm.step(tape, loss, sweep), Catch::Matchers::ContainsSubstring("clip_norm needs the whole"));
  Optimizer<GradientDescent> of_two({}, 2);
  CHECK_THROWS_AS(of_two.step(tape, loss, sweep), ShapeError);
  Optimizer<GradientDescent> descent({.learning_rate = 0.25}, 1);
  CHECK_THROWS_AS(descent.step(tape, square(other.parameter(0)), sweep), TapeError);
  CHECK_THROWS_AS(descent.step(tape, Var<double>(1), sweep), TapeError);
  Optimizer<GradientDescent> rising({.learning_rate = [](std::size_t) { return -1.0; }}, 1);
  CHECK_THROWS_AS(rising.step(tape, loss, sweep), OptionError);
  CHECK(tape.parameters()[0] == 1);
  CHECK(descent.steps() == 0);
  descent.step(tape, loss, sweep);  // the loss is still fresh
  CHECK(tape.parameters()[0] == 0.5);
  CHECK_THROWS_AS(descent.step(tape, loss, sweep), TapeError);
  CHECK(descent.steps() == 1);
}

TEST_CASE("what an operation throws in a step that sweeps tells how many parameters have moved") {
  for (const bool late : {false, true}) {
    CAPTURE(late);
    Tape<double> tape;
    static_cast<void>(tape.variable(2.0)), static_cast<void>(tape.variable(5.0));
    int calls = 0;
    const auto fragile = recompute([&calls](const Var<double>& a) {
      if (++calls == 2) throw std::runtime_error("it broke");
      return a * 3;
    });
    const auto first = fragile(tape.parameter(0));
    const auto twice = recompute([](const Var<double>& a) { return a * 2; });
    const auto loss = late ? twice(tape.parameter(1)) * first : first * tape.parameter(1) * tape.parameter(0);
    Optimizer<GradientDescent> optimizer({.learning_rate = 0.125}, 2);
    Sweep<double> sweep;
    if (!late) {
      CHECK_THROWS_WITH(optimizer.step(tape, loss, sweep), "it broke");
      CHECK(optimizer.steps() == 0);
      continue;
    }
    try {
      optimizer.step(tape, loss, sweep);
      FAIL("nothing was thrown");
    } catch (const TapeError& error) {
      CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("1 of 2 parameters had moved: it broke"));
      CHECK_THROWS_WITH(std::rethrow_if_nested(error), "it broke");
    }
    CHECK(optimizer.steps() == 1);
    CHECK(tape.parameters()[0] == 2);
    CHECK(tape.parameters()[1] == 5 - 0.125 * 12);
  }
}

TEMPLATE_TEST_CASE("a step over many pieces is the step of each parameter alone", "", float, double) {
  const std::size_t n = 5000;  // not a multiple of a piece
  const auto start = random_numbers<TestType>(n, 1);
  auto together = start;
  Optimizer<Adam, TestType> all(Adam{.learning_rate = 0.1}, n);
  std::vector<std::vector<TestType>> gradients;
  for (unsigned k = 0; k < 3; ++k) {
    gradients.push_back(random_numbers<TestType>(n, 10 + k));
    all.step(together, gradients.back());
  }
  bool same = true;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<TestType> alone{start[i]};
    Optimizer<Adam, TestType> one(Adam{.learning_rate = 0.1}, 1);
    for (const auto& gradient : gradients) one.step(alone, std::span(gradient).subspan(i, 1));
    same = same && alone[0] == together[i];  // to the last bit, wherever it stands
  }
  CHECK(same);
}

TEST_CASE("groups have learning rates and decays of their own") {
  std::vector<double> x{1, 1, 1, 1, 1};
  const std::vector<double> g{1, 1, 1, 1, 1};
  GradientDescent method{.learning_rate = 0.1};
  method.gradient = {.weight_decay = 2, .groups = {{1, 2, 0.5, 1}, {3, 5, 0, 1}, {5, 5, 9, 9}}};
  Optimizer optimizer(method, 5);
  optimizer.step(x, g);
  CHECK(x[0] == Catch::Approx(1 - 0.1 * 3));
  CHECK(x[1] == Catch::Approx(1 - 0.05 * 3));
  CHECK(x[2] == x[0]);
  CHECK(x[3] == 1);
  CHECK(x[4] == 1);
  method.gradient.groups = {{0, 5, 1, 0}};
  std::vector<double> y{1, 1, 1, 1, 1};
  Optimizer without_decay(method, 5);
  without_decay.step(y, g);
  CHECK(y[0] == Catch::Approx(0.9));
}

TEST_CASE("a gradient is decayed, then clipped by value, then by norm") {
  std::vector<double> x{10, 0, 0};
  GradientDescent method{.learning_rate = 1};
  method.gradient = {.weight_decay = 0.5, .clip_value = 4, .clip_norm = 2.5};
  Optimizer optimizer(method, 3);
  optimizer.step(x, std::vector<double>{1, -30, 0});  // decayed (6, -30, 0), clipped (4, -4, 0)
  const double scaled = 2.5 / std::sqrt(2.0);
  CHECK(x[0] == Catch::Approx(10 - scaled));
  CHECK(x[1] == Catch::Approx(scaled));
  CHECK(x[2] == 0);

  std::vector<double> small{1};
  GradientDescent loose{.learning_rate = 1};
  loose.gradient = {.clip_norm = 100};
  Optimizer(loose, 1).step(small, std::vector<double>{0.25});
  CHECK(small[0] == 0.75);
}

TEST_CASE("a gradient is clipped by its norm also where its squares overflow or underflow") {
  for (const double size : {1e154, 1e300, 1.7e308, 1e-170, 1e-300}) {
    CAPTURE(size);
    std::vector<double> x{0, 0};
    GradientDescent method{.learning_rate = 1};
    method.gradient = {.clip_norm = size < 1 ? size / 4 : 1};
    Optimizer(method, 2).step(x, std::vector<double>{size, size});
    const double most = method.gradient.clip_norm / std::sqrt(2.0);
    CHECK(x[0] / most == Catch::Approx(-1));
    CHECK(x[1] == x[0]);
  }
  std::vector<float> y{0, 0};
  GradientDescent method{.learning_rate = 1};
  method.gradient = {.clip_norm = 1};
  Optimizer<GradientDescent, float>(method, 2).step(y, std::vector<float>{3e38F, 3e38F});
  CHECK(y[0] == Catch::Approx(-std::sqrt(0.5)));
}

TEST_CASE("a NaN in a clipped gradient stays where it is seen") {
  std::vector<double> x{0, 0};
  GradientDescent method{.learning_rate = 1};
  method.gradient = {.clip_value = 1};
  Optimizer(method, 2).step(x, std::vector<double>{std::numeric_limits<double>::quiet_NaN(), 5});
  CHECK(std::isnan(x[0]));
  CHECK(x[1] == -1);
}

TEST_CASE("an optimizer goes on from what was saved as if it had never stopped") {
  const auto run = [](bool interrupted) {
    auto x = random_numbers<float>(1000, 3);
    Optimizer<AMSGrad, float> optimizer(AMSGrad{.learning_rate = 0.05}, x.size());
    for (unsigned k = 0; k < 10; ++k) {
      if (interrupted && k == 5) {
        Optimizer<AMSGrad, float> fresh(AMSGrad{.learning_rate = 0.05}, x.size());
        fresh.restore(optimizer.steps(), optimizer.memory());
        optimizer = fresh;
      }
      optimizer.step(x, random_numbers<float>(x.size(), 100 + k));
    }
    return x;
  };
  CHECK(run(true) == run(false));
}

TEST_CASE("wrong sizes and groups are refused, and nothing has moved") {
  std::vector<double> x{1, 2};
  Optimizer optimizer(Adam{}, 2);
  CHECK_THROWS_AS(optimizer.step(x, std::vector<double>{1}), ShapeError);
  std::vector<double> longer{1, 2, 3};
  CHECK_THROWS_AS(optimizer.step(longer, std::vector<double>{1, 2, 3}), ShapeError);
  CHECK_THROWS_AS(optimizer.restore(1, std::vector<double>{1}), ShapeError);
  CHECK(optimizer.steps() == 0);
  CHECK(x == std::vector<double>{1, 2});
  for (const std::vector<Group>& groups :
       {std::vector<Group>{{0, 3}}, std::vector<Group>{{1, 0}}, std::vector<Group>{{0, 2}, {1, 2}}}) {
    Adam method;
    method.gradient.groups = groups;
    CHECK_THROWS_WITH(Optimizer(method, 2), Catch::Matchers::ContainsSubstring("groups come in order"));
  }
}

TEST_CASE("an optimizer of no parameters has nothing to do") {
  std::vector<double> none;
  Optimizer optimizer(Adam{}, 0);
  CHECK_NOTHROW(optimizer.step(none, none));
}
