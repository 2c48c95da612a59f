#include <models/training/training_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <autodiff/descent/observers.hpp>
#include <autodiff/error.hpp>

namespace downhill {

Metrics ScoreKeeper::metrics() const {
  return {.loss = losses_ / static_cast<double>(samples_),
          .score = has_labels_ ? accuracy(predicted_, labels_) : r_squared(outputs_, targets_, columns_)};
}

TrainingLog::TrainingLog(std::size_t samples, std::size_t batch, std::size_t epochs, const Patience& patience,
                         bool has_labels)
    : samples_(samples), batch_(batch), epochs_(epochs), patience_(patience), has_labels_(has_labels) {
  if (samples == 0) throw OptionError("fit: there are no samples");
  if (batch == 0) throw OptionError("fit: a batch of 0 samples; give at least 1");
  if (std::isnan(patience.minimum_change)) throw OptionError("fit: the minimum change of the patience is NaN");
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

void TrainingLog::add(double loss, std::size_t samples, double learning_rate) {
  epoch_ended_ = false;
  ++state_.steps;
  state_.samples += samples;
  state_.losses += loss * static_cast<double>(samples);
  learning_rate_ = learning_rate;
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
  if (watched < state_.least - patience_.minimum_change) {
    state_.least = watched;
    state_.waited = 0;
  } else if (++state_.waited >= patience_.steps && patience_.steps > 0) {
    const std::string_view which = validation ? "validation" : "training";
    const std::string change =
        patience_.minimum_change > 0 ? fmt::format(" by more than {:.3g}", patience_.minimum_change) : "";
    end(StopReason::patience_ran_out,
        state_.best_epoch == 0
            ? fmt::format("the {} loss was finite in none of {} epochs", which, state_.waited)
            : fmt::format("the {} loss has not fallen{} for {} epochs; the best was epoch {} with {:.6g}", which,
                          change, state_.waited, state_.best_epoch, is_best ? watched : best));
  }
  return is_best;
}

void TrainingLog::close_epoch(double seconds_limit) {
  if (!epoch_ended_ || ended()) return;
  end_after_last_epoch();
  if (!ended() && seconds() >= seconds_limit)
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

TrainingProgress TrainingLog::progress() const {
  const std::size_t finished = state_.history.size();
  return {.epoch = epoch_ended_ ? finished : std::min(finished + 1, epochs_),
          .epochs = epochs_,
          .step = state_.steps,
          .steps_per_epoch = (samples_ + batch_ - 1) / batch_,
          .loss = epoch_ended_ ? state_.history.back().loss
                               : state_.losses / static_cast<double>(std::max<std::size_t>(state_.samples, 1)),
          .learning_rate = learning_rate_,
          .epoch_ended = epoch_ended_,
          .validation = epoch_ended_ ? state_.history.back().validation : std::nullopt,
          .score_name = has_labels_ ? "accuracy" : "R²",
          .seconds = seconds(),
          .ended = told_end_ ? ended_ : std::nullopt,
          .why = told_end_ ? std::string_view(why_) : std::string_view{}};
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
  epoch_ended_ = false;
  ended_.reset();
  told_end_ = false;
  why_.clear();
}

// ---- the bar

TrainingBar::TrainingBar(TrainingBarOptions options)
    : options_(std::move(options)), terminal_(options_.terminal.value_or(observers_detail::is_terminal(options_.out))) {
  if (options_.epochs_apart == 0) throw OptionError("TrainingBar: a line for every 0 epochs; give at least 1");
}

void TrainingBar::operator()(const TrainingProgress& progress) {
  const std::string_view clear = terminal_ ? "\r\x1b[K" : "";  // ESC [ K: erase the rest of the line
  const std::string epochs = fmt::format("{}", progress.epochs);
  std::string text = fmt::format("epoch {:>{}}/{}  ", progress.epoch, epochs.size(), epochs);
  if (progress.ended) {
    fmt::print(options_.out, "{}{}: {}\n", clear, name(*progress.ended), progress.why);
    last_ = -std::numeric_limits<double>::infinity(), epoch_began_ = 0;  // for the next training
  } else if (progress.epoch_ended) {
    text += fmt::format("loss {:<#10.5g}", progress.loss);
    if (progress.validation) {
      text += fmt::format("  validation {:<#10.5g}", progress.validation->loss);
      text += progress.score_name == "accuracy"
                  ? fmt::format("  accuracy {:6.2f} %", 100 * progress.validation->score)
                  : fmt::format("  {} {:7.4f}", progress.score_name, progress.validation->score);
    }
    text += fmt::format("  {}", observers_detail::duration(progress.seconds - epoch_began_));
    epoch_began_ = progress.seconds;
    if (progress.epoch % options_.epochs_apart == 0 || progress.epoch == progress.epochs)
      fmt::print(options_.out, "{}{}\n", clear, text);
  } else if (terminal_ && progress.seconds - last_ >= options_.every) {
    last_ = progress.seconds;
    const std::size_t before = (progress.epoch - 1) * progress.steps_per_epoch;
    const double done =
        static_cast<double>(std::max(progress.step, before) - before) / static_cast<double>(progress.steps_per_epoch);
    for (std::size_t i = 0; i < options_.width; ++i)
      text += static_cast<double>(i) < done * static_cast<double>(options_.width) ? "━" : "·";
    fmt::print(options_.out, "{}{}  loss {:<#10.5g}", clear, text, progress.loss);
  }
  std::fflush(options_.out);
}

}  // namespace downhill
