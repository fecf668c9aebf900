// The clocks. One function a clock, so that nobody mixes them up. Thread safety: safe. Signal-safe.
#pragma once

#include <cstdint>

namespace pprof::sys {

// Nanoseconds since 1970; jumps when somebody sets the clock. Signal-safe.
int64_t WallNanos();

// Time since boot, for ages and durations; never set back. Milliseconds, advanced on the kernel's
// tick (1 to 10 ms): about 5 ns a call, no system call. Signal-safe.
uint64_t CoarseMonotonicMillis();

// The same in nanoseconds, exact: about 20 ns a call. Signal-safe.
uint64_t MonotonicNanos();

// Nanoseconds since boot, times of suspension included: the clock of start times in /proc.
// Signal-safe.
uint64_t BootNanos();

}  // namespace pprof::sys
