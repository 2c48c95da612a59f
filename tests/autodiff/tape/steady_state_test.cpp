// A step of training, repeated, allocates nothing: this program counts its calls of operator new. (The tape's stream of
// statements grows by realloc, and only beyond the longest step so far.)

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <span>
#include <vector>

#include <autodiff/descent/all_methods.hpp>
#include <autodiff/descent/objective.hpp>
#include <autodiff/inspect/trace/trace.hpp>
#include <autodiff/matrix.hpp>
#include <autodiff/program.hpp>
#include <autodiff/text/names.hpp>
#include <models/network/network.hpp>
#include <models/training/training.hpp>
#include <support/catch.hpp>

namespace {
std::size_t allocations = 0, live_bytes = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  live_bytes += malloc_usable_size(memory);
  return memory;
}
void freed(void* memory) {
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { freed(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { freed(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { freed(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { freed(memory); }

// AddressSanitizer has a malloc of its own: g++ says so by a macro, clang++ by a feature.
#if defined(__SANITIZE_ADDRESS__)
#define DOWNHILL_MALLOC_IS_TAKEN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DOWNHILL_MALLOC_IS_TAKEN
#endif
#endif

// What is not allocated by operator new, as Eigen's memory: malloc itself is counted, where it can be replaced.
#if defined(__GLIBC__) && !defined(DOWNHILL_MALLOC_IS_TAKEN)
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
#endif

using namespace downhill;

namespace {

// Where the oldest statement stands: it moves when the tape's memory does.
const void* address(const Tape<double>& tape) {
  const void* oldest = nullptr;
  tape.for_each_backwards([&](std::size_t, std::span<const Edge<double>> edges) { oldest = edges.data(); });
  return oldest;
}

}  // namespace

TEST_CASE("in the steady state a step allocates nothing, and the tape's memory stays where it is") {
  Tape<double> tape;
  const auto x = tape.variables(std::vector<double>(100, 0.5));
  std::vector<Var<double>> inputs;
  const std::vector<double> data(50, 0.25);
  const Mark mark = tape.mark();
  Gradient<double> gradient;
  const auto step = [&] {
    tape.variables(data, inputs);
    Var<double> loss = 0;
    for (std::size_t i = 0; i < 10'000; ++i) {
      const Var<double> w = tape.parameter(i % 100);
      loss += square(tanh(w * inputs[i % 50] + 0.1)) * 1e-3 + exp(w) * w;
    }
    tape.gradient(loss, gradient);
    std::ranges::for_each(tape.update_parameters(), [](double& w) { w *= 0.999; });
  };
  const auto once = [&] {
    tape.rewind(mark);
    step();
  };
  for (int warm_up = 0; warm_up < 3; ++warm_up) once();
  const std::size_t allocated = allocations, bytes = tape.bytes();
  const void* const place = address(tape);
  for (int i = 0; i < 20; ++i) once();
  CHECK(allocations == allocated);
  CHECK(address(tape) == place);
  CHECK(tape.bytes() == bytes);
  tape.clear();
  CHECK(tape.bytes() == 0);
  CHECK(tape.slots() == 0);
  CHECK(tape.parameters().empty());
}

TEST_CASE("a training step allocates nothing after the first, with matrices, scalars and an optimizer") {
  Tape<float> tape;
  std::vector<float> values(200, 0.1F), inputs(64, 0.5F);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += 0.001F * static_cast<float>(i);
  const auto w1 = parameters(tape, std::span(values).first(16), 2, 8),
             b1 = parameters(tape, std::span(values).first(8), 1, 8);
  const auto w2 = parameters(tape, std::span(values).first(24), 8, 3);
  const auto scale = parameters(tape, std::span(values).first(1), 1, 1);
  const auto x = VarMatrix<float>::constant(inputs, 32, 2);
  const std::vector<std::size_t> labels(32, 1);
  Optimizer<Adam, float> optimizer(Adam{.learning_rate = 0.01}, tape.parameters().size());
  Gradient<float> swept;
  const auto start = tape.mark();
  std::size_t before = 0;
  float first = 0, last = 0;
  for (int step = 0; step < 50; ++step) {
    if (step == 3) before = allocations;
    const auto hidden = tanh(affine(x, w1, b1)) * scale;
    Var<float> decay(0.0F);
    for (std::size_t i = 0; i < 8; ++i) decay += square(b1(0, i)) * 0.01F;
    const auto loss = softmax_cross_entropy(product(hidden, w2), labels) + decay;
    if (step == 0) first = loss.value();
    last = loss.value();
    tape.gradient(loss, swept);
    tape.rewind(start);
    optimizer.step(tape.update_parameters(), swept.parameters());
  }
  const std::size_t after = allocations;
  CHECK(after == before);
  CHECK(last < first);
}

TEST_CASE("an evaluation of an objective allocates nothing after the first, and gives the same again") {
  TapeObjective objective([](auto x) {
    auto sum = 0 * x[0];
    for (int i = 0; i < 100; ++i) sum += sin(x[0] * i) * x[1];
    return sum;
  });
  std::vector<double> gradient(2);
  const std::vector<double> at{0.5, 2};
  const double first = objective(at, gradient);
  const std::size_t before = allocations;
  const double again = objective(at, gradient);
  const std::size_t after = allocations;
  CHECK(again == first);
  CHECK(after == before);
}

TEST_CASE("a sum over samples by a program allocates nothing after the first, with branches and blocks in part") {
  const auto program = record(
      [](const auto& w, const auto& s) {
        const auto z = w[0] * s[0] + w[1];
        return z < s[1] ? square(z) : tanh(z) * log_sum_exp(std::array{z, w[1] * s[1]});
      },
      2, 2);
  std::vector<double> rows(2 * 5003), gradient(2), values(5003), slopes(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i * 7919 % 1009) / 500 - 1;
  auto mean = mean_over(rows, program);
  auto each = each_over(rows, program);
  const std::vector<double> w{0.5, -0.25};
  MiniBatches batches(mean, {.batch = 100});
  for (int time = 0; time < 2; ++time) {
    mean(w, gradient);
    each.sample_gradients(w, values, slopes);
    program.value_and_gradient(w, {1, 2}, gradient);
  }
  while (batches.epochs() == 0) batches(w, gradient);
  const std::size_t before = allocations;
  mean(w, gradient);
  while (batches.epochs() < 3) batches(w, gradient);
  each.sample_gradients(w, values, slopes);
  program.value(w, {1, 2});
  program.value_and_gradient(w, {1, 2}, gradient);
  const std::size_t after = allocations;
  CHECK(after == before);
  CHECK(program.variants().size() == 2);
}

TEST_CASE("residuals, tangents and products with the Hessian of programs allocate nothing after the first") {
  const auto f = [](const auto& w, const auto& s) {
    const auto z = w[0] * s[0] + w[1];
    return z < s[1] ? std::array{square(z), z * s[1]} : std::array{tanh(z), z};
  };
  const auto program = record(f, 2, 2);
  const auto loss = record([f](const auto& w, const auto& s) { return f(w, s)[0] * f(w, s)[1]; }, 2, 2);
  const std::size_t n = 5003;
  std::vector<double> rows(2 * n), values(2 * n), slopes(4 * n), gradient(2);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i * 7919 % 1009) / 500 - 1;
  const std::vector<double> w{0.5, -0.25}, v{1, 2};
  auto residuals = residuals_over(rows, program);
  auto each = each_over(rows, program, {.along = 1});
  auto sum = sum_over(rows, loss);
  SumOfSquares squares(residuals_over(rows, program));
  const auto once = [&] {
    residuals.values(w, values);
    residuals.jacobian(w, slopes);
    residuals.vjp(w, values, gradient);
    squares(w, gradient);
    each.sample_gradients(w, values, std::span(slopes).first(2 * n));
    sum.hessian_vector_product(w, v, gradient);
    sum.jvp(w, v);
    loss.jvp(w, {1, 2}, v);
  };
  once();
  once();
  const std::size_t before = allocations;
  once();
  const std::size_t after = allocations;
  CHECK(after == before);
  CHECK(program.variants().size() == 2);
}

TEST_CASE("a trainer's step allocates nothing after the first epoch, and neither does one of another loss") {
  const auto check = [](const Samples<float>& samples, std::size_t outputs, Loss loss) {
    Mlp<float> network({.input = 2,
                        .layers = {Dense{16, Activation::relu}, LayerNorm{}, Dropout{0.2}, Dense{16, Activation::tanh},
                                   Dense{outputs}}});
    Trainer trainer(network, samples, Adam{.learning_rate = 0.01}, {.batch = 16, .loss = loss});
    double first = 0, last = 0;
    for (int step = 0; step < 5; ++step) first += trainer.step();  // four of 16 and one of 6: an epoch
    const std::size_t before = allocations;
    for (int epoch = 0; epoch < 20; ++epoch) {
      last = 0;
      for (int step = 0; step < 5; ++step) last += trainer.step();
    }
    const std::size_t after = allocations;
    CHECK(after == before);
    CHECK(last < first);
  };
  const auto classes = two_moons<float>(70, 0.1, 1);
  Samples<float> numbers = classes;
  numbers.outputs = 1;
  numbers.targets.assign(numbers.labels.begin(), numbers.labels.end());
  numbers.labels.clear();
  for (const Loss loss : enumerators<Loss>) {
    CAPTURE(name(loss));
    std::size_t checked = 0;
    for (const std::size_t outputs : {1U, 2U})
      for (const Samples<float>* samples : std::array<const Samples<float>*, 2>{&classes, &numbers}) {
        try {
          chosen_loss(loss, *samples, outputs);
        } catch (const ShapeError&) {
          continue;
        }
        check(*samples, outputs, loss);
        ++checked;
      }
    CHECK(checked > 0);
  }
}

TEST_CASE("a trainer's step allocates nothing, by every first-order method and after every activation") {
  const auto classes = two_moons<float>(64, 0.1, 1);
  const auto check = [&](const auto& method, Activation activation) {
    Mlp<float> network(dense({2, 16, 2}, activation));
    Trainer trainer(network, classes, method, {.batch = 16});
    for (int step = 0; step < 4; ++step) trainer.step();
    const std::size_t before = allocations;
    for (int step = 0; step < 8; ++step) trainer.step();
    const std::size_t after = allocations;
    CHECK(after == before);
  };
  FirstOrderMethods::for_each([&]<class M>(std::type_identity<M>) {
    CAPTURE(M::name);
    check(M{}, Activation::relu);
  });
  for (const Activation activation : enumerators<Activation>) {
    CAPTURE(name(activation));
    check(GradientDescent{}, activation);
  }
}

TEST_CASE("a step of a network for images allocates nothing, dense or with convolution") {
  const auto check = [](const Architecture& architecture) {
    Mlp<float> network(architecture);
    Samples<float> images{
        .features = 784, .inputs = std::vector<float>(64 * 784, 0.5F), .labels = std::vector<std::size_t>(64)};
    for (std::size_t i = 0; i < images.inputs.size(); ++i) images.inputs[i] += 0.001F * static_cast<float>(i % 97);
    for (std::size_t i = 0; i < 64; ++i) images.labels[i] = i % 10;
    Trainer trainer(network, images, Adam{}, {.batch = 32});
    for (int step = 0; step < 2; ++step) trainer.step();
    const std::size_t before = allocations;
    for (int step = 0; step < 4; ++step) trainer.step();
    const std::size_t after = allocations;
    CHECK(after == before);
  };
  check(dense({784, 128, 64, 10}, Activation::relu));
  check({.input = {28, 28, 1},
         .layers = {Conv2d{.channels = 8, .activation = Activation::relu}, MaxPool2d{}, Conv2d{.channels = 16},
                    AveragePool2d{}, Flatten{}, Dense{10}}});
}

TEST_CASE("a hundred thousand traced steps, each rewound, take the memory of one") {
  Tape<double> tape;
  inspect::Trace trace(tape);
  tape.variable(1, "w");
  const Mark mark = tape.mark();
  std::size_t after_few = 0;
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto here = trace.here("the loss");
    const auto w = tape.parameter(0), data = tape.variable(i, "data");
    const auto loss = square(w * data - 1.0) + sin(w);
    sum += loss.value();
    tape.update_parameters()[0] *= 0.999;
    tape.rewind(mark);
    if (i == 100) after_few = live_bytes;
  }
  CHECK(sum > 0);
  CHECK(live_bytes <= after_few);
}
