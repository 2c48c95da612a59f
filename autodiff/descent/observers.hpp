#pragma once
/// \file
/// Observers of a walk: give them to `minimize` after the stop conditions. Any callable that takes a `const Progress&`
/// is one; if it returns true, the walk ends.

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

#include <autodiff/descent/result.hpp>
#include <autodiff/descent/walk.hpp>

namespace downhill {

namespace observers_detail {
bool is_terminal(std::FILE* file);
/// "12.3 s", "2:05 min" or "1:30 h".
std::string duration(double seconds);
}  // namespace observers_detail

/// Where the bar is shown, and how often it changes.
struct ProgressBarOptions {
  std::FILE* out = stderr;
  std::string title = "";
  double every = 0.1;                 ///< seconds between two updates of the line on a terminal
  std::optional<bool> terminal = {};  ///< is `out` one? Found out where not given
  std::size_t width = 24;             ///< of the bar, in characters
};

/// Shows one line that is written over again: a bar, the step, the value, |g| and the time left. Where `out` is not a
/// terminal, it writes a plain line for every tenth of the way.
class ProgressBar {
 public:
  explicit ProgressBar(ProgressBarOptions options = {});
  void operator()(const Progress& progress);

 private:
  std::string line(const Progress& progress, double done) const;

  ProgressBarOptions options_;
  bool terminal_;
  double last_ = -std::numeric_limits<double>::infinity();
  int next_tenth_ = 0;
};

/// Writes a row of CSV for every step: step,loss,gradient_norm,learning_rate,evaluations,seconds. Every number reads
/// back as the same double. The file grows with the walk, to be watched; a walk that is killed leaves its rows.
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

/// Ends the walk when a value on data that the walk does not see has not fallen for `patience` steps, and keeps the
/// point where it was lowest. Prechelt, "Early stopping, but when?" (1998).
class EarlyStopping {
 public:
  EarlyStopping(std::function<double(std::span<const double> point)> validation_value, const Patience& patience)
      : value_of_(std::move(validation_value)), counter_(patience), patience_(patience) {}
  bool operator()(const Progress& progress);
  std::string why() const;
  std::vector<double> best_point() && { return std::move(best_); }
  std::span<const double> best_point() const& { return best_; }
  double best_value() const { return counter_.least(); }

 private:
  std::function<double(std::span<const double>)> value_of_;
  PatienceCounter counter_;
  Patience patience_;
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
