// Which kernel ticks signal a thread, and which of these signals become samples.
//
// The kernel looks at a CPU timer only in its tick, and only at the timers of the thread that runs
// at that moment. Samples are fair if a tick becomes one with the same probability in any thread,
// however little CPU time the thread has used: a timer with the interval of the recording would
// spare threads that live for less. So a timer expires again before the next tick, and the handler
// keeps a random share of the signals. Where a tick is shorter than 4 ms, the timer skips ticks, so
// that no thread has more than 250 signals in a second of CPU time unless the client wants more.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// Thread safety: a value. Async-signal-safe.
struct TickPlan {
  uint64_t tick_nanos;
  uint32_t ticks_a_signal;
  uint64_t kept;  // a signal becomes a sample if 64 random bits are at most this

  // Of the timer. A nanosecond: expires at each tick.
  uint64_t IntervalNanos() const { return ticks_a_signal == 1 ? 1 : ticks_a_signal * tick_nanos; }
  // At any of the first `ticks_a_signal` ticks, all equally probable.
  uint64_t FirstNanos(uint64_t random) const { return 1 + random % ticks_a_signal * tick_nanos; }
  bool Keeps(uint64_t random) const { return random <= kept; }
};

constexpr uint64_t kShortestSignal = 4000000;  // ns, unless the client wants more

// The time from one sample to the next for a profile of this period. The number of samples is what
// limits a profile, and one costs 3 us: two and a half times as many as wanted are taken, but not
// more than 250 in a second. Async-signal-safe.
inline uint64_t SampleNanos(uint64_t period_nanos) {
  if (period_nanos <= kShortestSignal) return period_nanos;
  const uint64_t shorter = period_nanos / 5 * 2;
  return shorter < kShortestSignal ? kShortestSignal : shorter;
}

// For a sample each `interval_nanos` of CPU time, or at each tick if ticks are rarer.
// REQUIRES: none is 0. Async-signal-safe.
inline TickPlan PlanTicks(uint64_t interval_nanos, uint64_t tick_nanos) {
  const uint64_t wanted = interval_nanos < kShortestSignal ? interval_nanos : kShortestSignal;
  const uint64_t ticks = wanted < tick_nanos ? 1 : wanted / tick_nanos;
  const uint64_t signal_nanos = ticks * tick_nanos;
  const double share = static_cast<double>(signal_nanos) / static_cast<double>(interval_nanos);
  return {tick_nanos, static_cast<uint32_t>(ticks),
          share < 1 ? static_cast<uint64_t>(share * 0x1p64) : UINT64_MAX};
}

}  // namespace pprof::signal_safe
