#pragma once
/// \file
/// Models and trainings, saved and loaded again, as safetensors files that other programs read too.
///
/// Every matrix of parameters is a tensor under its name, "0.weight", of the shape inputs x outputs. All else stands in
/// the metadata, under "downhill.": the architecture as JSON, and for a checkpoint of a training also the step, the
/// losses so far, and the method; its numbers are tensors whose names begin with "training.".

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/error.hpp>
#include <models/files/safetensors.hpp>
#include <models/network/network.hpp>
#include <models/training/training.hpp>

namespace downhill {

/// Makes or replaces a file: killed at any moment, it is the old one or the new one. What else should be known of the
/// network, such as the scaling of its inputs, is added to the metadata. Throws DataError if it cannot be written.
template <class T>
void save(const Mlp<T>& network, const std::filesystem::path& file, TensorMetadata metadata = {});

/// A network as it was saved, with the architecture that stands in the file; parameters of another type are converted.
/// Throws DataError if it cannot be read, was not written by `save`, or its tensors do not fit the architecture.
template <class T = float>
Mlp<T> load_network(const std::filesystem::path& file);

/// Loads the parameters alone into an existing network, from any safetensors file with tensors of these names and
/// shapes. Throws DataError, and changes nothing, if one is missing or of another shape, or the file says that they are
/// of a network with other layers, activations or options: the same parameters would compute something else.
template <class T>
void load_parameters(Mlp<T>& network, const std::filesystem::path& file);

namespace checkpoint_detail {

struct NamedMatrix {
  std::string name;
  std::size_t begin, rows, columns;
};

// The matrices of a model's parameters, or all of them as one where it does not tell.
template <class Model>
auto matrices_of(const Model& model) {
  std::vector<NamedMatrix> matrices;
  if constexpr (requires { model.parameter_list(); })
    for (const auto& p : model.parameter_list()) matrices.push_back({p.name, p.begin, p.rows, p.columns});
  else
    matrices.push_back({"parameters", 0, 1, model.tape().parameters().size()});
  return matrices;
}
template <class T>
void write(const std::filesystem::path& file, const std::vector<NamedMatrix>& matrices, const TrainingState<T>& state,
           TensorMetadata metadata, std::string_view method, std::string_view loss);
template <class T>
TrainingState<T> read(const std::filesystem::path& file, const std::vector<NamedMatrix>& matrices,
                      std::size_t parameters, std::size_t memory, std::string_view method, std::string_view loss,
                      const Architecture* architecture);

}  // namespace checkpoint_detail

/// A checkpoint: the model, what the method remembers, the step, the order of the samples and where in it the training
/// stands, and the random generators. Training 100 steps is the same, bit for bit, as 50, save, load and 50 more.
/// Throws as `save` does.
template <class Model, class M>
void save(const Trainer<Model, M>& trainer, const std::filesystem::path& file) {
  TensorMetadata metadata;
  if constexpr (requires { trainer.model().architecture(); })
    metadata["downhill.architecture"] = to_json(trainer.model().architecture());
  checkpoint_detail::write(file, checkpoint_detail::matrices_of(trainer.model()), trainer.state(), std::move(metadata),
                           M::name, name(trainer.loss()));
}

/// Puts a trainer into the state of a checkpoint. The trainer must have been made like the one that was saved, with the
/// same model, samples and method. Throws DataError or ShapeError, and changes nothing, if the file cannot be read or
/// belongs to a network with other layers, activations or options, to another loss or to another method.
template <class Model, class M>
void load(Trainer<Model, M>& trainer, const std::filesystem::path& file) {
  const Architecture* architecture = nullptr;
  if constexpr (requires { trainer.model().architecture(); }) architecture = &trainer.model().architecture();
  trainer.restore(checkpoint_detail::read<typename Model::value_type>(
      file, checkpoint_detail::matrices_of(trainer.model()), trainer.model().tape().parameters().size(), M::memory,
      M::name, name(trainer.loss()), architecture));
}

/// An observer of `Trainer::run` that saves it after every so many epochs, and after the last. Throws OptionError for
/// every 0 epochs.
template <class Model, class M>
auto save_every(const Trainer<Model, M>& trainer, std::filesystem::path file, std::size_t epochs = 1) {
  if (epochs == 0) throw OptionError("save_every: every 0 epochs; give at least 1");
  return [&trainer, file = std::move(file), epochs](const Progress& progress) {
    const EpochProgress& epoch = progress.epoch.value();
    if (epoch.ended && !progress.ended && (epoch.number % epochs == 0 || epoch.number == epoch.of)) save(trainer, file);
  };
}

}  // namespace downhill
