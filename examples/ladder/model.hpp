#pragma once
// A rung of the ladder: a model with its data, from a line to a network that fills the memory. All of them are float,
// and all of them give a loss on a tape.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>

namespace ladder {

/// What a model will be, before it takes any memory.
struct Rung {
  std::string name;                ///< "784-16-16-10"
  std::vector<std::size_t> sizes;  ///< of the layers; none for the line
  std::size_t parameters = 0;
  std::size_t samples = 1;  ///< that the loss is over
  std::string data;         ///< what they are
  double learning_rate = 0.1;

  /// Multiplications and additions, each counted, of the loss; a gradient has twice as many.
  double operations() const { return 2 * static_cast<double>(parameters) * static_cast<double>(samples); }
  /// That a step of descent must move where the weights are more than a cache holds: weights read in the function, and
  /// read and written on the way back.
  double bytes_moved() const { return 3 * sizeof(float) * static_cast<double>(parameters); }
  /// That a step needs: the weights, and what lies beside them.
  double bytes_needed() const;
};

/// All rungs with at most so many parameters (and always the first), smallest first.
std::vector<Rung> rungs(double up_to);

/// The parameters of a rung on a tape, and its data.
class Model {
 public:
  /// Calls `made(part)`, from 0 to 1, while it makes the parameters. Throws std::bad_alloc where there is no memory.
  Model(const Rung& rung, const std::function<void(double)>& made);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  downhill::Tape<float>& tape() { return tape_; }
  /// Records the loss over all samples.
  downhill::Var<float> loss();

 private:
  void make_layers(const Rung& rung, const std::function<void(double)>& made);
  void make_samples(const Rung& rung);
  void take_digits(std::size_t count);

  downhill::Tape<float> tape_;
  std::vector<downhill::VarMatrix<float>> layers_;  // weights and bias in turn
  std::size_t samples_ = 0, inputs_ = 0, outputs_ = 0;
  std::vector<float> x_, y_;         // row after row
  std::vector<std::size_t> labels_;  // of digits, in place of y
};

/// Where the digits are; a teacher takes their place where they are not.
std::filesystem::path digits_file();

}  // namespace ladder
