#pragma once
/// \file
/// What the observers of a walk or of a training are told on the way. Any callable that takes a `const Progress&` is an
/// observer; one that returns true ends it.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <autodiff/descent/stop.hpp>

namespace downhill {

/// How a model does on some samples. The score is the accuracy for labels, R² for numbers.
struct Metrics {
  double loss = 0, score = 0;
};

/// The epoch of a training that a step belongs to.
struct EpochProgress {
  std::size_t number, of;  ///< from 1, of how many
  double part;             ///< of its samples that were seen, from 0 to 1
  bool ended;
  std::optional<Metrics> validation;  ///< at its end, where there are validation samples
  std::string_view score_name;        ///< "accuracy" or "R²"
};

/// How far a walk is, or a training. A walk tells it at the start, after every step, and once more when it has ended; a
/// training after every step and at the end. The parameters of a training are in its model: there is no point and no
/// gradient.
struct Progress {
  std::size_t steps;  ///< taken in all
  std::span<const double> point;
  double value;  ///< of the objective; of a training the mean loss over the samples of this epoch so far
  std::span<const double> gradient;
  double gradient_norm;  ///< NaN where it is not known
  double learning_rate;  ///< of the step that led here: the rate, or the step length of a line search; NaN if none
  std::size_t evaluations;
  double seconds;
  const Stop& stop;
  std::optional<StopReason> ended;          ///< set in the last call
  std::string_view why;                     ///< likewise
  std::optional<EpochProgress> epoch = {};  ///< of a training
};

namespace progress_detail {

/// Tells an observer. Where it asks to stop, this returns why: what its `why()` says, if it has one.
template <class Observer>
std::optional<std::string> tell(Observer& observer, const Progress& progress) {
  if constexpr (std::is_void_v<decltype(observer(progress))>) {
    observer(progress);
    return std::nullopt;
  } else {
    if (!bool(observer(progress))) return std::nullopt;
    if constexpr (requires { std::string(observer.why()); })
      return std::string(observer.why());
    else
      return "an observer asked to stop";
  }
}

}  // namespace progress_detail

}  // namespace downhill
