#include <autodiff/descent/observers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <string_view>
#include <system_error>
#include <utility>

#include <autodiff/error.hpp>
#include <autodiff/text/terminal.hpp>

namespace downhill {
namespace {

// "12.3 s", "2:05 min" or "1:30 h".
std::string duration(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const long long whole = std::llround(std::min(seconds, 1e15));
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

// How much of the way is done, by steps, evaluations or time, whichever will end it first.
double part_done(const Progress& progress) {
  const auto part = [](std::size_t now, std::size_t limit) {
    return limit == 0 ? 1.0 : static_cast<double>(now) / static_cast<double>(limit);
  };
  return std::min(
      1.0, std::max({part(progress.steps, progress.stop.steps), part(progress.evaluations, progress.stop.evaluations),
                     progress.seconds / progress.stop.seconds}));
}

std::string bar(double part, std::size_t width) {
  std::string text;
  for (std::size_t i = 0; i < width; ++i)
    text += static_cast<double>(i + 1) <= part * static_cast<double>(width) ? "━" : "·";
  return text;
}

// "step  7/100" or "epoch  7/100".
std::string place(std::string_view what, std::size_t now, std::size_t of) {
  const std::string last = fmt::format("{}", of);
  return fmt::format("{} {:>{}}/{}", what, now, last.size(), last);
}

std::string validation_of(const EpochProgress& epoch) {
  const std::string loss = fmt::format("validation {:<#11.5g}", epoch.validation->loss);
  const double score = epoch.validation->score;
  if (epoch.score_name == "accuracy") return fmt::format("{}  accuracy {:6.2f} %", loss, 100 * score);
  return fmt::format("{}  {} {:7.4f}", loss, epoch.score_name, score);
}

// Is |g| known? A walk always knows it, also where it is NaN.
bool has_norm(const Progress& progress) { return !progress.epoch || !std::isnan(progress.gradient_norm); }

void demand_point(std::string_view who, const Progress& progress, std::string_view instead) {
  if (progress.epoch && progress.point.empty())
    throw OptionError(
        fmt::format("{}: a training keeps its parameters in the model, and tells no point; {}", who, instead));
}

}  // namespace

// ---- the progress bar

ProgressBar::ProgressBar(ProgressBarOptions options)
    : options_(std::move(options)), terminal_(options_.terminal.value_or(is_terminal(options_.out))) {
  if (options_.epochs_apart == 0) throw OptionError("ProgressBar: a line for every 0 epochs; give at least 1");
}

ProgressBar::Subject ProgressBar::subject_of(const Progress& progress) {
  if (!progress.epoch) return {part_done(progress), progress.ended.has_value(), progress.seconds};
  if (progress.epoch->number != shown_.epoch) {
    shown_.epoch = progress.epoch->number;
    shown_.epoch_began = shown_.told;
  }
  return {progress.epoch->part, progress.epoch->ended, progress.seconds - shown_.epoch_began};
}

// Is the line to be left as it is?
bool ProgressBar::stays(const Progress& progress, const Subject& subject) const {
  if (!progress.epoch) return subject.is_over || (!terminal_ && subject.part * 10 >= shown_.next_tenth);
  const EpochProgress& epoch = *progress.epoch;
  const bool is_due = epoch.number % options_.epochs_apart == 0 || epoch.number == epoch.of || progress.ended;
  return subject.is_over && is_due && epoch.number != shown_.epoch_left;
}

std::string ProgressBar::line(const Progress& progress, const Subject& subject) const {
  std::vector<std::string> parts;
  if (!options_.title.empty()) parts.push_back(options_.title);
  if (terminal_ && !subject.is_over) parts.push_back(bar(subject.part, options_.width));
  if (progress.epoch) {
    parts.push_back(place("epoch", progress.epoch->number, progress.epoch->of));
  } else {
    parts.push_back(fmt::format("{:>3.0f} %", 100 * subject.part));
    parts.push_back(place("step", progress.steps, progress.stop.steps));
  }
  parts.push_back(fmt::format("loss {:<#11.5g}", progress.value));
  if (has_norm(progress)) parts.push_back(fmt::format("|g| {:.2e}", progress.gradient_norm));
  if (progress.epoch && progress.epoch->validation) parts.push_back(validation_of(*progress.epoch));
  if (subject.is_over)
    parts.push_back(duration(subject.seconds));
  else if (progress.steps > 0 && subject.part > 0)
    parts.push_back("ETA " + duration(subject.seconds * (1 - subject.part) / subject.part));
  return fmt::format("{}", fmt::join(parts, "  "));
}

void ProgressBar::operator()(const Progress& progress) {
  constexpr std::string_view clear = "\r\x1b[K";    // ESC [ K: erase the rest of the line
  if (progress.seconds < shown_.told) shown_ = {};  // that one was broken off
  const Subject subject = subject_of(progress);
  if (stays(progress, subject)) {
    fmt::print(options_.out, "{}{}\n", terminal_ ? clear : "", line(progress, subject));
    shown_.is_open = false;
    shown_.next_tenth = static_cast<int>(subject.part * 10) + 1;
    shown_.epoch_left = shown_.epoch;
  } else if (terminal_ && !subject.is_over && !progress.ended && progress.seconds - shown_.written >= options_.every) {
    fmt::print(options_.out, "{}{}", clear, line(progress, subject));
    shown_.is_open = true;
    shown_.written = progress.seconds;
  }
  shown_.told = progress.seconds;
  if (progress.ended) {
    fmt::print(options_.out, "{}{}: {}\n", shown_.is_open ? clear : "", name(*progress.ended), progress.why);
    shown_ = {};  // for the next one
  }
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
    const auto text = [](bool is_known, double x) { return is_known ? fmt::format("{}", x) : ""; };
    const std::string row = fmt::format(
        "{},{},{},{},{},{}\n", progress.steps, progress.value, text(has_norm(progress), progress.gradient_norm),
        text(!std::isnan(progress.learning_rate), progress.learning_rate), progress.evaluations, progress.seconds);
    demand_written(std::fputs(row.c_str(), out_.get()) >= 0);
    written_ = progress.steps;
  }
  if (progress.ended) demand_written(std::fflush(out_.get()) == 0 && std::ferror(out_.get()) == 0);
}

// ---- what keeps points

void BestSoFar::operator()(const Progress& progress) {
  demand_point("BestSoFar", progress, "with validation samples it ends with the best by itself");
  if (!(progress.value < value_)) return;
  point_.assign(progress.point.begin(), progress.point.end());
  value_ = progress.value;
  step_ = progress.steps;
}

bool EarlyStopping::operator()(const Progress& progress) {
  demand_point("EarlyStopping", progress, "give it validation samples and patience, see TrainingOptions");
  if (progress.ended) return false;
  const double before = counter_.least(), value = value_of_(progress.point);
  const bool ran_out = counter_.runs_out(value);
  if (counter_.least() < before) best_.assign(progress.point.begin(), progress.point.end());
  return ran_out;
}

std::string EarlyStopping::why() const { return counter_.why("validation value", "step"); }

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
