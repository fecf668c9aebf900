// The clocks, one function each. Thread safety: safe. Async-signal-safe.
#pragma once

#include <cstdint>

namespace pprof::sys {

// Nanoseconds since 1970; jumps when the clock is set. Async-signal-safe.
int64_t WallNanos();

// Milliseconds since boot, for ages and durations; never set back. Advances with the kernel's tick
// (1 to 10 ms): about 5 ns per call, no system call. Async-signal-safe.
uint64_t CoarseMonotonicMillis();

// The same in nanoseconds, exact: about 20 ns per call. Async-signal-safe.
uint64_t MonotonicNanos();

// Nanoseconds from one tick of the kernel to the next (CONFIG_HZ): 1 to 10 ms. Async-signal-safe.
uint64_t KernelTickNanos();

// Nanoseconds since boot, including suspension: the clock of start times in /proc.
// Async-signal-safe.
uint64_t BootNanos();

}  // namespace pprof::sys
