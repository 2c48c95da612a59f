#include <models/training/training_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <autodiff/error.hpp>
#include <autodiff/text/counted.hpp>

namespace downhill {

Metrics ScoreKeeper::metrics() const {
  return {.loss = losses_ / static_cast<double>(samples_),
          .score = has_labels_ ? accuracy(predicted_, labels_) : r_squared(outputs_, targets_, columns_)};
}

TrainingLog::TrainingLog(std::size_t samples, std::size_t batch, std::size_t epochs, const Patience& patience,
                         bool has_labels, double seconds)
    : samples_(samples), epochs_(epochs), patience_(patience), has_labels_(has_labels) {
  if (samples == 0) throw OptionError("fit: there are no samples");
  if (batch == 0) throw OptionError("fit: a batch of 0 samples; give at least 1");
  if (std::isnan(patience.minimum_change)) throw OptionError("fit: the minimum change of the patience is NaN");
  stop_.steps = epochs * ((samples + batch - 1) / batch);
  stop_.seconds = seconds;
  stop_.patience = patience;
  if (epochs == 0) end(StopReason::step_limit, "there were no epochs to train");
}

void TrainingLog::start_clock() {
  began_ = std::chrono::steady_clock::now();
  began_after_ = state_.history.size();
  if (!ended()) end_after_last_epoch();
}

void TrainingLog::end_after_last_epoch() {
  if (state_.history.size() >= epochs_) end(StopReason::step_limit, fmt::format("all {} epochs are over", epochs_));
}

void TrainingLog::add(double loss, std::size_t samples, double learning_rate, double gradient_norm,
                      std::size_t evaluations) {
  epoch_ended_ = false;
  ++state_.steps;
  state_.samples += samples;
  state_.losses += loss * static_cast<double>(samples);
  evaluations_ += evaluations;
  learning_rate_ = learning_rate;
  gradient_norm_ = gradient_norm;
}

bool TrainingLog::end_epoch(const std::optional<Metrics>& validation) {
  const auto watched_in = [](const Epoch& epoch) { return epoch.validation ? epoch.validation->loss : epoch.loss; };
  const double best = state_.best_epoch == 0 ? std::numeric_limits<double>::infinity()
                                             : watched_in(state_.history[state_.best_epoch - 1]);
  state_.history.push_back(
      {state_.losses / static_cast<double>(state_.samples), validation, learning_rate_, seconds()});
  state_.samples = 0;
  state_.losses = 0;
  epoch_ended_ = true;
  const double watched = watched_in(state_.history.back());
  const bool is_best = watched < best;
  if (is_best) state_.best_epoch = state_.history.size();
  const bool ran_out = patience_.runs_out(watched);
  state_.patience = patience_.state();
  if (ran_out) {
    const std::string loss = validation ? "validation loss" : "training loss";
    end(StopReason::patience_ran_out,
        state_.best_epoch == 0
            ? fmt::format("the {} was finite in none of {}", loss, counted(state_.patience.waited, "epoch"))
            : fmt::format("{}; the best was epoch {} with {:.6g}", patience_.why(loss, "epoch"), state_.best_epoch,
                          is_best ? watched : best));
  }
  return is_best;
}

void TrainingLog::close_epoch() {
  if (!epoch_ended_ || ended()) return;
  end_after_last_epoch();
  if (!ended() && seconds() >= stop_.seconds)
    end(StopReason::time_limit, fmt::format("{:.3g} s have passed", seconds()));
}

void TrainingLog::end(StopReason reason, std::string why) {
  ended_ = reason;
  why_ = std::move(why);
}

void TrainingLog::end_not_finite(std::string_view what) {
  const std::size_t epochs = state_.history.size();
  const std::string kept = state_.history.empty()   ? "of the start"
                           : epochs == began_after_ ? "that this run began with"
                                                    : fmt::format("after epoch {}", epochs);
  end(StopReason::not_finite,
      state_.steps == 1
          ? fmt::format("{} is NaN or infinite at the first step: look for such numbers among the inputs, "
                        "the targets and the parameters; the parameters are those {}",
                        what, kept)
          : fmt::format("{} became NaN or infinite at step {}, learning rate {:.3g}: try a smaller one, "
                        "or clip the gradient; the parameters are those {}",
                        what, state_.steps, learning_rate_, kept));
}

Progress TrainingLog::progress() const {
  const std::size_t finished = state_.history.size();
  return {.steps = state_.steps,
          .point = {},
          .value = epoch_ended_ ? state_.history.back().loss
                                : state_.losses / static_cast<double>(std::max<std::size_t>(state_.samples, 1)),
          .gradient = {},
          .gradient_norm = gradient_norm_,
          .learning_rate = learning_rate_,
          .evaluations = evaluations_,
          .seconds = seconds(),
          .stop = stop_,
          .ended = told_end_ ? ended_ : std::nullopt,
          .why = told_end_ ? std::string_view(why_) : std::string_view{},
          .epoch = EpochProgress{
              .number = epoch_ended_ ? finished : std::min(finished + 1, epochs_),
              .of = epochs_,
              .part = epoch_ended_ ? 1 : static_cast<double>(state_.samples) / static_cast<double>(samples_),
              .ended = epoch_ended_,
              .validation = epoch_ended_ ? state_.history.back().validation : std::nullopt,
              .score_name = has_labels_ ? "accuracy" : "R²"}};
}

TrainingResult TrainingLog::result() const {
  return {.steps = state_.steps,
          .seconds = seconds(),
          .reason = ended_.value_or(StopReason::step_limit),
          .why = why_,
          .history = state_.history,
          .best_epoch = state_.best_epoch};
}

void TrainingLog::restore(State state) {
  state_ = std::move(state);
  patience_.restore(state_.patience);
  evaluations_ = state_.steps;
  epoch_ended_ = false;
  ended_.reset();
  told_end_ = false;
  why_.clear();
}

}  // namespace downhill
