// Time since boot, for ages and durations; never set back.
#pragma once

#include <cstdint>

namespace pprof::sys {

// Milliseconds, advanced on the kernel's tick (1 to 10 ms): about 5 ns a call, no system call.
// Signal-safe. Thread safety: safe.
uint64_t CoarseMonotonicMillis();

// Nanoseconds, exact: about 20 ns a call. Signal-safe. Thread safety: safe.
uint64_t MonotonicNanos();

// Nanoseconds since boot, times of suspension included: the clock of start times in /proc.
uint64_t BootNanos();

}  // namespace pprof::sys
