#include "progress.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include <autodiff/text/terminal.hpp>

namespace ladder {

Progress::Progress() : is_terminal_(downhill::is_terminal(stderr)), teller_([this] { tell(); }) {}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    erase();
  }
  changed_.notify_all();
  teller_.join();
}

void Progress::at(std::string what) {
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
}

void Progress::pause() {
  const std::lock_guard lock(mutex_);
  erase();
  what_.clear();
}

void Progress::erase() {
  if (is_shown_ && is_terminal_) {
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
  }
  is_shown_ = false;
}

void Progress::tell() {
  using namespace std::chrono_literals;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, is_terminal_ ? 200ms : 900ms, [this] { return is_over_; })) {
    if (what_.empty()) continue;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    std::fputs(
        fmt::format("{}{:5.1f} s: {}{}", is_terminal_ ? "\r\033[K" : "", seconds, what_, is_terminal_ ? "" : "\n")
            .c_str(),
        stderr);
    std::fflush(stderr);
    is_shown_ = true;
  }
}

}  // namespace ladder
