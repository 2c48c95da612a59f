// downhill train: a network that learns a table.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <autodiff/files/atomic_file.hpp>
#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <autodiff/text/counted.hpp>
#include <autodiff/text/names.hpp>
#include <autodiff/text/table.hpp>
#include <models/models.hpp>

#include "command.hpp"
#include "crew.hpp"
#include "methods.hpp"
#include "table_samples.hpp"

namespace {

namespace inspect = downhill::inspect;
using Network = downhill::Mlp<float>;

struct Options {
  std::string data, activation = "relu", loss = "automatic", save, html;
  std::vector<std::string> targets;
  bool classes = false, regression = false;
  std::vector<std::size_t> layers;
  MethodOptions method;
  std::size_t epochs = 30, batch = 32;
  std::uint64_t seed = 1;
  double held_out = 0.2;
  Keeping keeping;
};

std::vector<std::size_t> layers_for(const Options& options, const TableSamples& samples) {
  const std::size_t needed = samples.outputs;
  if (options.layers.empty()) return {32, needed};
  const std::size_t given = options.layers.back();
  const bool is_logit = samples.has_classes && needed == 2 && given == 1;
  if (given == needed || is_logit) return options.layers;
  std::vector<std::size_t> fitting = options.layers;
  fitting.back() = needed;
  std::vector<std::size_t> longer = options.layers;
  longer.push_back(needed);
  throw downhill::OptionError(fmt::format(
      "--layers: the last layer has {}, but {} are needed: {}; write --layers {}, or if {} is the size of a hidden "
      "layer, --layers {}",
      downhill::counted(given, "output"), needed, samples.decision, fmt::join(fitting, ","), given,
      fmt::join(longer, ",")));
}

downhill::TrainingResult fitted(Network& network, const TableSamples& samples, const Method& method,
                                const Options& options, const Crew& crew) {
  downhill::ProgressBar bar({.epochs_apart = (options.epochs + 19) / 20});
  return crew.fit(network, samples.train, method,
                  {.epochs = options.epochs,
                   .batch = options.batch,
                   .seed = options.seed,
                   .loss = downhill::loss_called(options.loss),
                   .validation = &samples.held_out.samples},
                  bar);
}

// How often a class was taken for another, by the whole crew.
downhill::ConfusionMatrix confusion_of(const Network& network, const TableSamples& samples, const Crew& crew) {
  const downhill::Samples<float>& own = samples.held_out.samples;
  downhill::ConfusionMatrix confusion{.classes = samples.outputs,
                                      .counts = std::vector<std::size_t>(samples.outputs * samples.outputs)};
  if (own.size() > 0) {
    const auto predicted = downhill::predicted_classes(network.predict(own.inputs));
    confusion = downhill::confusion_matrix(predicted, own.labels, samples.outputs);
  }
  confusion.counts = crew.sum(confusion.counts);
  return confusion;
}

void show_score(const Network& network, const TableSamples& samples, downhill::Loss loss, const Crew& crew) {
  std::vector<downhill::TableRow> rows{{"", "samples", "loss", samples.has_classes ? "accuracy" : "R²"}};
  const auto add = [&](const char* what, const downhill::PartOfSamples<float>& part, bool has_one_target) {
    const downhill::Metrics now = crew.evaluate(network, part.samples, loss);
    rows.push_back({what, fmt::format("{}", part.of), fmt::format("{:.6g}", now.loss),
                    has_one_target        ? "-"
                    : samples.has_classes ? fmt::format("{:.2f} %", 100 * now.score)
                                          : fmt::format("{:.6f}", now.score),
                    has_one_target ? "R² is not defined where all targets are equal" : ""});
  };
  add("learned from", samples.train, samples.trains_one_target);
  add("held out", samples.held_out, samples.holds_one);
  using enum downhill::Align;
  fmt::print("\n{}", aligned_text(rows, std::array{left, right, right, right, left}, 2));
  if (!samples.has_classes) return;
  constexpr std::size_t most_classes = 20;
  if (samples.outputs > most_classes) return;
  fmt::print("\nHeld out: how often a class (row) was taken for another (column)\n\n{}",
             confusion_of(network, samples, crew).table());
}

template <class Enum>
std::string names_of() {
  return fmt::format("{}", fmt::join(downhill::enumerator_names<Enum>, ", "));
}

// Epoch by epoch, from the start.
struct Losses {
  std::vector<double> train, held_out;

  Losses(const Network& network, const TableSamples& samples, downhill::Loss loss, const Crew& crew)
      : train{crew.evaluate(network, samples.train.samples, loss).loss},
        held_out{crew.evaluate(network, samples.held_out.samples, loss).loss} {}
  void add(const downhill::TrainingResult& result) {
    for (const downhill::Epoch& epoch : result.history) {
      train.push_back(epoch.loss);
      held_out.push_back(epoch.validation->loss);
    }
  }
  std::array<inspect::Curve, 2> curves() const { return {{{"learned from", train}, {"held out", held_out}}}; }
};

void save_model(const Network& network, const TableSamples& samples, const std::string& file) {
  downhill::TensorMetadata metadata{{"downhill.inputs", to_json(samples.inputs)}};
  if (!samples.has_classes) metadata["downhill.targets"] = to_json(samples.targets);
  or_not_reached([&] { save(network, file, std::move(metadata)); });
  fmt::print("The model: {}\n", file);
}

void demand_outputs(const Options& options) {
  demand_apart(options.data,
               {{"--save", options.save}, {"--html", options.html}, {"--checkpoint", options.keeping.checkpoint}});
  demand_writable(options.html);
  for (const std::string& file : {options.save, options.keeping.checkpoint})
    if (!file.empty()) or_not_reached([&] { const downhill::AtomicFile unwritten(file); });
}

// Trains, together with the others where there are any. Returns why it ended.
downhill::StopReason train_on(const Options& options, const Crew& crew) {
  const Method method = method_of(options.method);
  if (crew.is_first()) demand_outputs(options);
  const auto activation = downhill::activation_called(options.activation);
  const auto loss = downhill::loss_called(options.loss);
  const Task task = options.classes ? Task::classes : options.regression ? Task::regression : Task::decide;
  const TableSamples samples = samples_of(downhill::read_csv(options.data, crew.rows()), options.targets, task,
                                          options.held_out, options.seed, crew);
  std::vector<std::size_t> sizes = layers_for(options, samples);
  sizes.insert(sizes.begin(), samples.inputs.names.size());
  Network network(downhill::dense(sizes, activation, options.seed));

  const std::size_t batch = searches(method) ? samples.train.of : options.batch;
  fmt::print("{}\n{} to learn from, {} held out; inputs are standardised{}.\n\n{}\nby {}, {}, batches of {}{}\n",
             wrapped(fmt::format("{}: {}.", options.data, samples.decision)),
             downhill::counted(samples.train.of, "sample"), samples.held_out.of,
             samples.has_classes ? "" : ", and so are targets", network.summary(batch), text_of(method),
             downhill::counted(options.epochs, "epoch"), batch,
             crew.size() == 1 ? "" : fmt::format(", on {} ranks", crew.size()));
  std::fflush(stdout);
  Losses losses(network, samples, loss, crew);
  const downhill::TrainingResult result = fitted(network, samples, method, options, crew);
  losses.add(result);
  fmt::print("\nIt ended after {}, {:.3g} s ({}):\n{}.\n", downhill::counted(result.steps, "step"), result.seconds,
             name(result.reason), result.why);
  if (result.best_epoch > 0)
    fmt::print("The parameters are those of epoch {}, where the held-out loss was lowest.\n", result.best_epoch);
  show_score(network, samples, loss, crew);
  if (!crew.is_first()) return result.reason;
  const inspect::CurveNames names{.index = "epoch"};
  inspect::TextOptions look = inspect::options_for(stdout);
  look.colour = look.colour && crew.size() == 1;  // mpirun's pipe looks like a terminal even where a file is behind it
  if (!result.history.empty()) fmt::print("\n{}", loss_curve_text(losses.curves(), look, names));
  if (!options.html.empty() || !options.save.empty()) fmt::print("\n");
  if (!options.html.empty()) {
    const std::string about = fmt::format("Dense layers of {}, {}, by {}: {}.", fmt::join(sizes, ", "),
                                          options.activation, text_of(method), result.why);
    write_file(options.html,
               inspect::page("Training on " + std::filesystem::path(options.data).filename().string(), about,
                             std::array{loss_curve(losses.curves(), names)}),
               "The page");
  }
  if (!options.save.empty()) save_model(network, samples, options.save);
  return result.reason;
}

void run(const Options& options) {
  const Crew crew(options.keeping);
  auto reason = downhill::StopReason::step_limit;
  crew.guard([&] {
    reason = train_on(options, crew);
    crew.wait_for_all();
  });
  if (reason == downhill::StopReason::not_finite && crew.is_first())
    throw NotReached("it diverged: the loss became NaN or infinite; try a smaller --learning-rate");
}

}  // namespace

void add_train(CLI::App& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *program.add_subcommand("train", "a network that learns a table");
  const auto add = [&](const std::string& name, auto& place, const std::string& type, const std::string& description) {
    return command.add_option(name, place, description)->type_name(type);
  };
  add("data.csv", options->data, "", "a table of numbers, which may be compressed with gzip")->required();
  add("--layers", options->layers, "N,N,...",
      "hidden sizes, and last the number of outputs (default: 32 and what fits)")
      ->delimiter(',')
      ->check(whole_number(1, 1'000'000));
  add("--target", options->targets, "NAME,...", "the columns to predict (default: the last one)")->delimiter(',');
  auto* classes = command.add_flag("--classes", options->classes, "the target is a class, 0, 1, 2, ...");
  command.add_flag("--regression", options->regression, "the target is a number (default: what its values look like)")
      ->excludes(classes);
  add("--activation", options->activation, "NAME",
      fmt::format("between the layers, one of {} (default: relu)", names_of<downhill::Activation>()));
  add("--loss", options->loss, "NAME",
      fmt::format("what is made small, one of {} (default: what fits the target)", names_of<downhill::Loss>()));
  add("--epochs", options->epochs, "N", "times to go through the samples (default: 30)")
      ->check(whole_number(1, 1'000'000));
  add("--batch", options->batch, "N", "samples for a step (default: 32); a method without a learning rate takes all")
      ->check(whole_number(1, 1'000'000));
  add("--held-out", options->held_out, "PART", "of the samples, to see how well it was learned (default: 0.2)")
      ->check(fraction_between());
  add("--seed", options->seed, "N", "of the start, the split and the order (default: 1)")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  add("--save", options->save, "FILE", "write the model, a safetensors file, with the scaling in its metadata");
  add("--html", options->html, "FILE", "write a page with the loss, epoch by epoch");
  auto* checkpoint = add("--checkpoint", options->keeping.checkpoint, "FILE",
                         "write the training after each epoch, to go on from; the file is whole at any moment");
  command
      .add_flag("--resume", options->keeping.resume,
                "go on from the checkpoint, with the same data and the same options, but for --epochs")
      ->needs(checkpoint);
  command.add_flag("--shard", options->keeping.shard,
                   "under mpirun: each process remembers what the method remembers for its share of the parameters");
  add_method(command, options->method, "adam");
  command.footer(
      "Progress goes to stderr, results to stdout. Exit code 0: it was trained; 1: it diverged, or a\n"
      "file could not be written; 2: something is wrong with what was given.\n\n"
      "Under mpirun the processes share the training, where it was built with MPI: the losses are those\n"
      "of one, to rounding. The first one prints and writes.\n\n"
      "Example: downhill train digits.csv.gz --layers 64,32,10 --epochs 20 --save digits.safetensors");
  command.callback([options] { run(*options); });
}
