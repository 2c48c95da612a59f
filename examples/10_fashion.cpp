// Fashion-MNIST: 60,000 pictures of clothes, 28 x 28 pixels, ten classes, and 10,000 to test on.
//
//     fashion [--convolution] [--epochs n] [--threads n] [--folder path] [--save network.safetensors]
//
// The data: Debian's package dataset-fashion-mnist, or the four files of
// https://github.com/zalandoresearch/fashion-mnist in a folder. Where they are not found it says so and ends with exit
// code 0.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <models/models.hpp>

#include "program.hpp"

namespace {

using namespace downhill;

struct Options {
  std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  bool convolution = false;
  std::size_t epochs = 0, threads = 0;
  std::string save;
};

Samples<float> read_part(const std::filesystem::path& folder, const std::string& part) {
  auto clothes = labelled_images<float>(read_idx(folder / (part + "-images-idx3-ubyte.gz")),
                                        read_idx(folder / (part + "-labels-idx1-ubyte.gz")));
  clothes.class_names = {"t-shirt", "trouser", "pullover", "dress", "coat",
                         "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
  return clothes;
}

Architecture network_of(bool convolution) {
  if (!convolution)
    return {
        .input = 784,
        .layers = {Dense{256, Activation::relu}, Dropout{0.2}, Dense{128, Activation::relu}, Dropout{0.1}, Dense{10}}};
  return {.input = {28, 28, 1},
          .layers = {Conv2d{.channels = 16, .activation = Activation::relu}, MaxPool2d{},
                     Conv2d{.channels = 32, .activation = Activation::relu}, MaxPool2d{}, Flatten{}, Dropout{0.3},
                     Dense{128, Activation::relu}, Dropout{0.2}, Dense{10}}};
}

int run(const Options& options) {
  if (!std::filesystem::exists(options.folder / "train-images-idx3-ubyte.gz")) {
    fmt::print(
        "Fashion-MNIST is not in {}.\nOn Debian and Ubuntu: sudo apt-get install dataset-fashion-mnist. Elsewhere: "
        "download the four files from\nhttps://github.com/zalandoresearch/fashion-mnist and name their folder with "
        "--folder.\n",
        options.folder.string());
    return 0;
  }
  const auto train = read_part(options.folder, "train"), test = read_part(options.folder, "t10k");
  set_threads(options.threads);
  Mlp<float> network(network_of(options.convolution));
  const std::size_t batch = 128, epochs = options.epochs > 0 ? options.epochs : options.convolution ? 8 : 14;
  const std::size_t steps = epochs * ((train.size() + batch - 1) / batch);
  fmt::print("{}\n", network.summary(batch));
  const TrainingResult trained = fit(network, train, Adam{.learning_rate = OneCycle{.peak = 0.003, .steps = steps}},
                                     {.epochs = epochs, .batch = batch}, ProgressBar({.out = stdout}));

  const std::vector<std::size_t> predicted = predicted_classes(network.predict(test.inputs));
  fmt::print("\nTest, {} pictures:\n{}\n", test.size(),
             confusion_matrix(predicted, test.labels, 10).table(test.class_names));
  const double score = accuracy(predicted, test.labels), wanted = options.convolution ? 0.91 : 0.89;
  fmt::print("Test accuracy {:.2f} %, trained in {:.0f} s\n", 100 * score, trained.seconds);
  if (!options.save.empty()) {
    save(network, options.save);
    fmt::print("Saved to {}.\n", options.save);
  }
  return options.epochs > 0 || score >= wanted ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"Fashion-MNIST by dense layers or by a small convolutional network.", "fashion"};
  Options options;
  app.add_flag("--convolution", options.convolution, "two layers of convolution before the dense ones");
  app.add_option("--epochs", options.epochs, "times through the data (default: 14, 8 with convolution)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--threads", options.threads, "how many to use (default: one for each processor)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--folder", options.folder, "where the data is")->type_name("PATH");
  app.add_option("--save", options.save, "write the network to this file")->type_name("FILE");
  return run_program(app, count, arguments, [&] { return run(options); });
}
