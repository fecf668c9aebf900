// A clock for use while a lock is held: the CPU's time stamp counter if the kernel itself uses it
// as its clock source, which costs 10 ns per read instead of 23 (AMD EPYC); else CLOCK_MONOTONIC.
//
// A tick is one or two nanoseconds. Only for durations in this process: ticks drift from the
// monotonic clock by up to 100 ppm, and by the time the machine was suspended.
#pragma once

#include <x86intrin.h>

#include <atomic>
#include <cstdint>

#include "profiler/sys/time/clock.h"

namespace pprof::sys {

class TickClock {
 public:
  // Zeroed memory is a clock with nanosecond ticks.
  TickClock() = default;

  // Thread safety: safe; clocks of two CPUs differ by some nanoseconds. Async-signal-safe.
  uint64_t Now() const {
    if (__builtin_expect(nanos_per_tick_.load(std::memory_order_relaxed) == 0, 0)) {
      return MonotonicNanos();
    }
    return __rdtsc() >> kCyclesShift;
  }

  // Thread safety: safe. Async-signal-safe.
  uint64_t ToNanos(uint64_t ticks) const {
    const uint64_t factor = nanos_per_tick_.load(std::memory_order_relaxed);
    if (factor == 0) return ticks;
    return static_cast<uint64_t>((static_cast<unsigned __int128>(ticks) * factor) >> kFactorShift);
  }

  // From one reading to a later one. 0 if it seems earlier, as a reading on another CPU may.
  // Async-signal-safe. Thread safety: safe.
  uint64_t NanosBetween(uint64_t begin, uint64_t end) const {
    return end > begin ? ToNanos(end - begin) : 0;
  }

  // Takes the first of two readings of both clocks. Called at load. Async-signal-safe.
  void Begin();

  // Selects the clock, once. Takes up to 2 ms right after Begin().
  // REQUIRES: called before the first Now(), one caller at a time.
  // Not async-signal-safe: reads a file.
  void Settle();

 private:
  struct Look {
    uint64_t ticks;
    uint64_t nanos;
  };
  static Look LookAtBoth();

  static constexpr int kCyclesShift = 2;  // four cycles per tick, so that sums do not overflow
  static constexpr int kFactorShift = 32;

  std::atomic<uint64_t> nanos_per_tick_;  // times 2^32; 0: ticks are nanoseconds
  Look first_;                            // taken at load
  bool settled_;                          // see REQUIRES of Settle
};

extern TickClock tick_clock __attribute__((visibility("hidden")));

}  // namespace pprof::sys
