// A clock for what happens while a lock is held: the CPU's time stamp counter where the kernel
// itself tells the time by it, which costs 10 ns a look instead of 23 (AMD EPYC); CLOCK_MONOTONIC
// elsewhere.
//
// Its ticks are a nanosecond or two. Good for durations of this process only: against the monotonic
// clock they are off by up to 100 ppm, and by the time that the machine was suspended.
#pragma once

#include <x86intrin.h>

#include <atomic>
#include <cstdint>

#include "profiler/sys/time/clock.h"

namespace pprof::sys {

class TickClock {
 public:
  // Zeroed memory is a clock of nanoseconds.
  TickClock() = default;

  // Signal-safe. Thread safety: safe; clocks of two CPUs differ by some nanoseconds.
  uint64_t Now() const {
    if (__builtin_expect(nanos_per_tick_.load(std::memory_order_relaxed) == 0, 0)) {
      return MonotonicNanos();
    }
    return __rdtsc() >> kCyclesShift;
  }

  // Signal-safe. Thread safety: safe.
  uint64_t ToNanos(uint64_t ticks) const {
    const uint64_t factor = nanos_per_tick_.load(std::memory_order_relaxed);
    if (factor == 0) return ticks;
    return static_cast<uint64_t>((static_cast<unsigned __int128>(ticks) * factor) >> kFactorShift);
  }

  // From one look to a later one. 0 when it seems to be earlier, which a look on another CPU may.
  // Signal-safe. Thread safety: safe.
  uint64_t NanosBetween(uint64_t begin, uint64_t end) const {
    return end > begin ? ToNanos(end - begin) : 0;
  }

  // Notes the first of two looks at both clocks. Called at load. Signal-safe.
  void Begin();

  // Decides once and for all what the clock is. Takes up to 2 ms when Begin() was just now.
  // REQUIRES: called before the first Now(), one caller at a time. Not signal-safe: reads a file.
  void Settle();

 private:
  struct Look {
    uint64_t ticks;
    uint64_t nanos;
  };
  static Look LookAtBoth();

  static constexpr int kCyclesShift = 2;  // four cycles a tick: sums have room as with nanoseconds
  static constexpr int kFactorShift = 32;

  std::atomic<uint64_t> nanos_per_tick_;  // times 2^32; 0: ticks are nanoseconds
  Look first_;                            // written at load
  bool settled_;                          // REQUIRES of Settle
};

extern TickClock tick_clock __attribute__((visibility("hidden")));

}  // namespace pprof::sys
