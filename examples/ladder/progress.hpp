#pragma once
// What a long run is at, on stderr: a line that is written over on a terminal, and elsewhere a line each second. A
// thread of its own tells, so that a step of a second or more does not keep it silent.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace ladder {

class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// This is what it is at now. Cheap.
  void at(std::string what);
  /// Takes the line off the terminal, so that something else may be printed there; `at` brings it back.
  void pause();

 private:
  void tell();
  void erase();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string what_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  bool is_terminal_, is_shown_ = false, is_over_ = false;
  std::thread teller_;
};

}  // namespace ladder
