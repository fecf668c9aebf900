// What the gate's thread does besides its connections: it looks whether the program has ended, and
// takes the readings of the history.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "profiler/sys/process/process_usage.h"

namespace pprof::http {

// Lives on the gate's thread, and its files are in that thread's table of descriptors.
// Thread safety: belongs to one thread.
class Chores {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Chores(bool keeps_history);

  // When Run has something to do.
  Clock::time_point next() const { return std::min(look_at_threads_, take_reading_); }

  void Run();

  // No thread of the program is left, as far as Run has seen: the process is to end.
  bool program_has_ended() const;
  // The exit could not be started: looks again.
  void LookAgain() { times_alone_ = 0; }

 private:
  void LookAtThreads();
  void TakeReading();

  Clock::time_point look_at_threads_{};
  int times_alone_ = 0;  // in a row
  Clock::time_point take_reading_ = Clock::time_point::max();
  std::optional<sys::ProcessUsageReader> usage_;
};

}  // namespace pprof::http
