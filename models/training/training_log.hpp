#pragma once
/// \file
/// The bookkeeping of a training: how far it is, when it ends and why.

#include <Eigen/Core>

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/descent/progress.hpp>
#include <models/network/loss.hpp>
#include <models/training/metrics.hpp>

namespace downhill {

/// Adds up the metrics, batch by batch.
class ScoreKeeper {
 public:
  explicit ScoreKeeper(bool has_labels) : has_labels_(has_labels) {}
  /// Adds a batch with this mean loss, and what the model made of it.
  template <class Matrix, class T>
  void add(double loss, const Matrix& outputs, const Batch<T>& batch) {
    const auto rows = static_cast<std::size_t>(outputs.rows());
    columns_ = static_cast<std::size_t>(outputs.cols());
    samples_ += rows, losses_ += loss * static_cast<double>(rows);
    if (has_labels_) {
      const std::vector<std::size_t> classes = predicted_classes(outputs);
      predicted_.insert(predicted_.end(), classes.begin(), classes.end());
      labels_.insert(labels_.end(), batch.labels.begin(), batch.labels.end());
    } else {
      outputs_.insert(outputs_.end(), outputs.data(), outputs.data() + outputs.size());
      targets_.insert(targets_.end(), batch.targets.begin(), batch.targets.end());
    }
  }
  Metrics metrics() const;

 private:
  bool has_labels_;
  std::size_t samples_ = 0, columns_ = 1;
  double losses_ = 0;
  std::vector<std::size_t> predicted_, labels_;
  std::vector<double> outputs_, targets_;
};

/// What is known of an epoch that has ended.
struct Epoch {
  double loss = 0;  ///< the mean over its batches, each before its step; of a full-batch method, after it
  std::optional<Metrics> validation = {};
  double learning_rate = 0, seconds = 0;
};

/// How a training went, and why it ended.
struct TrainingResult {
  std::size_t steps = 0;
  double seconds = 0;
  StopReason reason = StopReason::step_limit;
  std::string why;             ///< one sentence
  std::vector<Epoch> history;  ///< of the epochs that were finished
  std::size_t best_epoch = 0;  ///< from 1, by the validation loss or else the training loss; 0: none was finished
};

/// The bookkeeping of a training: it counts steps and epochs, and says when the training ends.
class TrainingLog {
 public:
  /// Throws OptionError for 0 samples, a batch of 0, or patience that is NaN.
  TrainingLog(std::size_t samples, std::size_t batch, std::size_t epochs, const Patience& patience, bool has_labels,
              double seconds = std::numeric_limits<double>::infinity());

  /// A run begins.
  void start_clock();
  /// Counts a step on `samples` samples with this mean loss.
  void add(double loss, std::size_t samples, double learning_rate,
           double gradient_norm = std::numeric_limits<double>::quiet_NaN(), std::size_t evaluations = 1);
  /// Ends the epoch, and the training if patience has run out. Returns whether the epoch is the best so far.
  bool end_epoch(const std::optional<Metrics>& validation);
  /// Ends the training if an epoch has ended that was the last, or if the time is up.
  void close_epoch();
  void end(StopReason reason, std::string why);
  void end_not_finite(std::string_view what);
  bool ended() const { return ended_.has_value(); }

  /// Tells an observer how far the training is; one that returns true ends it.
  template <class Observer>
  void tell(Observer& observer) {
    std::optional<std::string> why = progress_detail::tell(observer, progress());
    if (why && !ended()) end(StopReason::observer, std::move(*why));
  }
  /// Tells all that and why it has ended.
  template <class... Observers>
  void tell_end(Observers&... observers) {
    told_end_ = true;
    (tell(observers), ...);
  }
  Progress progress() const;
  TrainingResult result() const;

  /// What has to be saved for a training to go on as if it had never stopped.
  struct State {
    std::size_t steps = 0, samples = 0;  // in all, and of this epoch
    double losses = 0;                   // of this epoch, each times its samples
    std::vector<Epoch> history;
    PatienceCounter::State patience;
    std::size_t best_epoch = 0;
  };
  const State& state() const { return state_; }
  /// Goes on from a state that was saved.
  void restore(State state);

 private:
  void end_after_last_epoch();
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

  std::size_t samples_, epochs_, began_after_ = 0;
  Stop stop_;
  PatienceCounter patience_;
  bool has_labels_;
  State state_;
  std::size_t evaluations_ = 0;
  bool epoch_ended_ = false, told_end_ = false;
  double learning_rate_ = 0, gradient_norm_ = std::numeric_limits<double>::quiet_NaN();
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::optional<StopReason> ended_;
  std::string why_;
};

}  // namespace downhill
