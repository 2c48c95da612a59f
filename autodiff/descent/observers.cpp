#include <autodiff/descent/observers.hpp>

#include <fmt/format.h>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <system_error>
#include <utility>

#include <autodiff/error.hpp>

namespace downhill {
namespace observers_detail {

bool is_terminal([[maybe_unused]] std::FILE* file) {
#if __has_include(<unistd.h>)
  return ::isatty(::fileno(file)) == 1;
#else
  return false;
#endif
}

std::string duration(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::min(seconds, 1e15) + 0.5);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

}  // namespace observers_detail

namespace {

// How much of the way is done, by steps, evaluations or time, whichever will end it first.
double part_done(const Progress& progress) {
  const auto part = [](std::size_t now, std::size_t limit) {
    return limit == 0 ? 1.0 : static_cast<double>(now) / static_cast<double>(limit);
  };
  return std::min(
      1.0, std::max({part(progress.steps, progress.stop.steps), part(progress.evaluations, progress.stop.evaluations),
                     progress.seconds / progress.stop.seconds}));
}

}  // namespace

// ---- the progress bar

ProgressBar::ProgressBar(ProgressBarOptions options)
    : options_(std::move(options)),
      terminal_(options_.terminal.value_or(observers_detail::is_terminal(options_.out))) {}

std::string ProgressBar::line(const Progress& progress, double done) const {
  std::string bar;
  const auto full = static_cast<std::size_t>(done * static_cast<double>(options_.width));
  for (std::size_t i = 0; i < options_.width; ++i) bar += i < full ? "━" : "·";
  const std::string steps = fmt::format("{}", progress.stop.steps);
  std::string text = options_.title.empty() ? "" : options_.title + "  ";
  if (terminal_) text += bar + " ";
  text += fmt::format("{:>3.0f} %  step {:>{}}/{}  loss {:<#12.6g}  |g| {:.2e}  ", 100 * done, progress.steps,
                      steps.size(), steps, progress.value, progress.gradient_norm);
  if (progress.ended)
    text += fmt::format("took {}", observers_detail::duration(progress.seconds));
  else if (progress.steps > 0 && done > 0)
    text += fmt::format("ETA {}", observers_detail::duration(progress.seconds * (1 - done) / done));
  return text;
}

void ProgressBar::operator()(const Progress& progress) {
  const double done = part_done(progress);
  if (terminal_) {
    if (!progress.ended && progress.seconds - last_ < options_.every) return;
    last_ = progress.seconds;
    fmt::print(options_.out, "\r\x1b[K{}", line(progress, done));  // ESC [ K: erase the rest of the line
  } else {
    if (!progress.ended && done * 10 < next_tenth_) return;
    next_tenth_ = static_cast<int>(done * 10) + 1;
    fmt::print(options_.out, "{}\n", line(progress, done));
  }
  if (progress.ended)
    fmt::print(options_.out, "{}{}: {}\n", terminal_ ? "\n" : "", name(*progress.ended), progress.why);
  std::fflush(options_.out);
}

// ---- the recorder

LossRecorder::LossRecorder(std::filesystem::path file)
    : file_(std::move(file)), out_(std::fopen(file_.string().c_str(), "w")) {
  demand_written(out_ != nullptr);
  demand_written(std::fputs("step,loss,gradient_norm,learning_rate,evaluations,seconds\n", out_.get()) >= 0);
}

void LossRecorder::demand_written(bool written) const {
  if (!written)
    throw DataError(
        fmt::format("{}: it cannot be written: {}", file_.string(), std::generic_category().message(errno)));
}

void LossRecorder::operator()(const Progress& progress) {
  if (written_ != progress.steps) {
    const std::string rate = std::isnan(progress.learning_rate) ? "" : fmt::format("{}", progress.learning_rate);
    const std::string row = fmt::format("{},{},{},{},{},{}\n", progress.steps, progress.value, progress.gradient_norm,
                                        rate, progress.evaluations, progress.seconds);
    demand_written(std::fputs(row.c_str(), out_.get()) >= 0);
    written_ = progress.steps;
  }
  if (progress.ended) demand_written(std::fflush(out_.get()) == 0 && std::ferror(out_.get()) == 0);
}

// ---- what keeps points

void BestSoFar::operator()(const Progress& progress) {
  if (!(progress.value < value_)) return;
  point_.assign(progress.point.begin(), progress.point.end());
  value_ = progress.value;
  step_ = progress.steps;
}

bool EarlyStopping::operator()(const Progress& progress) {
  if (progress.ended) return false;
  const double before = counter_.least(), value = value_of_(progress.point);
  const bool ran_out = counter_.runs_out(value);
  if (counter_.least() < before) best_.assign(progress.point.begin(), progress.point.end());
  return ran_out;
}

std::string EarlyStopping::why() const {
  return fmt::format("the validation value has not come below {:.6g} for {} steps", counter_.least(), patience_.steps);
}

CheckpointHook::CheckpointHook(std::size_t every, std::function<void(const Progress&)> save)
    : every_(every), save_(std::move(save)) {
  if (every == 0) throw OptionError("CheckpointHook: every 0 steps; give at least 1");
}

void CheckpointHook::operator()(const Progress& progress) {
  const bool due = progress.steps > 0 && progress.steps % every_ == 0;
  if ((!due && !progress.ended) || saved_ == progress.steps) return;
  save_(progress);
  saved_ = progress.steps;
}

}  // namespace downhill
