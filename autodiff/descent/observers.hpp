#pragma once
/// \file
/// Observers (progress.hpp): give them to `minimize` after the stop conditions, and those that need no point to `fit`.

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <autodiff/descent/progress.hpp>

namespace downhill {

/// Where the bar is shown, and how often it changes.
struct ProgressBarOptions {
  std::FILE* out = stderr;
  std::string title = "";
  double every = 0.1;                 ///< seconds between two updates of the line on a terminal
  std::optional<bool> terminal = {};  ///< is `out` one? Found out where not given
  std::size_t width = 24;             ///< of the bar, in characters
  std::size_t epochs_apart = 1;       ///< a line stays for every so many epochs of a training, and for the last
};

/// Shows a line for a walk, or for each epoch of a training: the step or the epoch, the loss, |g| or the validation
/// loss and score, and the time. On a terminal the line is written over again until it is complete, with a bar and the
/// time left. Where `out` is none, a walk has a plain line for every tenth of the way. At the end it says why it ended.
class ProgressBar {
 public:
  /// Throws OptionError for a line for every 0 epochs.
  explicit ProgressBar(ProgressBarOptions options = {});
  void operator()(const Progress& progress);

 private:
  // What a line is about: a walk, or an epoch.
  struct Subject {
    double part;  // of it that is done
    bool is_over;
    double seconds;  // since it began
  };
  Subject subject_of(const Progress& progress);
  bool stays(const Progress& progress, const Subject& subject) const;
  std::string line(const Progress& progress, const Subject& subject) const;

  ProgressBarOptions options_;
  bool terminal_;
  // Of the walk or the training that is shown now.
  struct Shown {
    double told = 0, written = -std::numeric_limits<double>::infinity(), epoch_began = 0;  // seconds
    std::size_t epoch = 0, epoch_left = 0;  // the epoch now, and the last one whose line was left
    int next_tenth = 0;
    bool is_open = false;  // is there a line that will be written over?
  };
  Shown shown_;
};

/// Writes a row of CSV for every step: step,loss,gradient_norm,learning_rate,evaluations,seconds. Every number reads
/// back as the same double; one that is not known is empty. The file grows with the walk, to be watched; a walk that is
/// killed leaves its rows.
class LossRecorder {
 public:
  /// Throws DataError if the file cannot be written.
  explicit LossRecorder(std::filesystem::path file);
  /// Throws DataError if the row cannot be written; the last call of a walk makes sure that the file is whole.
  void operator()(const Progress& progress);

 private:
  void demand_written(bool written) const;

  std::filesystem::path file_;
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> out_;
  std::optional<std::size_t> written_;
};

/// Keeps the lowest point so far.
class BestSoFar {
 public:
  /// Throws OptionError for a training, which has no point: it ends with its best parameters by itself.
  void operator()(const Progress& progress);
  /// Of a temporary, the numbers themselves: a span would outlive them.
  std::vector<double> point() && { return std::move(point_); }
  std::span<const double> point() const& { return point_; }
  double value() const { return value_; }
  std::size_t step() const { return step_; }

 private:
  std::vector<double> point_;
  double value_ = std::numeric_limits<double>::infinity();
  std::size_t step_ = 0;
};

/// Ends the walk when patience with a value on data that the walk does not see has run out, and keeps the point where
/// it was lowest. Prechelt, "Early stopping, but when?" (1998).
class EarlyStopping {
 public:
  EarlyStopping(std::function<double(std::span<const double> point)> validation_value, const Patience& patience)
      : value_of_(std::move(validation_value)), counter_(patience) {}
  /// Throws OptionError for a training: TrainingOptions has patience and validation samples of its own.
  bool operator()(const Progress& progress);
  std::string why() const;
  std::vector<double> best_point() && { return std::move(best_); }
  std::span<const double> best_point() const& { return best_; }
  double best_value() const { return counter_.least(); }

 private:
  std::function<double(std::span<const double>)> value_of_;
  PatienceCounter counter_;
  std::vector<double> best_;
};

/// Calls `save` after every so many steps, and at the end unless that was just done.
class CheckpointHook {
 public:
  /// Throws OptionError for a hook that is called every 0 steps.
  CheckpointHook(std::size_t every, std::function<void(const Progress&)> save);
  void operator()(const Progress& progress);

 private:
  std::size_t every_;
  std::function<void(const Progress&)> save_;
  std::optional<std::size_t> saved_;
};

}  // namespace downhill
