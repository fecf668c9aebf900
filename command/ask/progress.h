// One line on stderr that says how far an answer is, for what takes longer than a second.
#pragma once

#include <chrono>
#include <string>

namespace pprof::command {

// Silent unless stderr is a terminal. Removes its line at the end.
class Progress {
 public:
  // `seconds`: how long the server records; 0: unknown.
  Progress(std::string what, int seconds);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void Show(size_t bytes_received);

 private:
  const std::string what_;
  const int seconds_;
  const bool visible_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool shown_ = false;
};

}  // namespace pprof::command
