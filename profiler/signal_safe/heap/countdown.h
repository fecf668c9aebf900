// The decision at the end of a thread's countdown. The caller supplies the random distances, so
// that a test can choose them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/thread_state.h"

namespace pprof::signal_safe {

// A thread reads the settings at least once per 256 KiB it allocates, so a changed interval takes
// effect within that. The distribution is unaffected: exponential distances have no memory.
constexpr uint64_t kLongestCountdown = uint64_t{256} * 1024;

// Begins a countdown of `distance` bytes to the next sampling point, or of kLongestCountdown bytes
// if that is less. Async-signal-safe.
inline void BeginCountdown(ThreadState& thread, uint64_t interval, double distance) {
  thread.interval = interval;
  thread.sample_at_zero = interval != 0 && distance <= static_cast<double>(kLongestCountdown);
  thread.bytes_left = thread.sample_at_zero ? static_cast<uint64_t>(distance) : kLongestCountdown;
}

// After `bytes` took the countdown below zero: begins the next one with `interval` (0: off) and
// returns the interval of the sampling point within these bytes; 0: there is none.
// `draw(interval)` returns the bytes from one sampling point to the next. Async-signal-safe.
template <class Draw>
uint64_t EndCountdown(ThreadState& thread, size_t bytes, uint64_t interval, Draw draw) {
  const uint64_t drawn_with = thread.sample_at_zero ? thread.interval : 0;
  // How far these bytes reach beyond the end of the old countdown.
  const uint64_t beyond = 0 - thread.bytes_left;
  double distance = interval != 0 ? draw(interval) : 0;
  if (drawn_with == 0 && interval != 0) {
    // No point was at the end of the old countdown; is there one in the rest of this object?
    const auto rest = static_cast<double>(beyond < bytes ? beyond : bytes);
    if (distance < rest) {
      BeginCountdown(thread, interval, draw(interval));
      return interval;
    }
    distance -= rest;
  }
  BeginCountdown(thread, interval, distance);
  return drawn_with;
}

}  // namespace pprof::signal_safe
