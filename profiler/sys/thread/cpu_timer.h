// Timers on the CPU clock of a single thread, which signal that thread. Raw system calls, since
// glibc's timer_create allocates.
#pragma once

#include <cstdint>

namespace pprof::sys {

constexpr int kNoTimer = -1;

// Starts a timer on the CPU clock of thread `tid`, which receives `signal` every `interval_nanos`
// of its CPU time, the first after `first_nanos` (at least 1). kNoTimer: the thread is gone, or
// the kernel refuses; see TimerRefusal. Ownership: the caller's, until DeleteTimer.
// Async-signal-safe.
int StartCpuTimer(int32_t tid, int signal, uint64_t interval_nanos, uint64_t first_nanos);
// The errno of the last timer that the kernel refused a living thread; 0: none so far.
// Async-signal-safe.
int TimerRefusal();
// Async-signal-safe.
void DeleteTimer(int timer);

// Number of further expirations that a timer's signal represents. False: the signal is not from a
// timer of StartCpuTimer. Signal handler only.
bool TimerOverrun(const void* siginfo, uint32_t* overrun);

// CPU time of the calling thread in nanoseconds. Async-signal-safe.
uint64_t OwnCpuNanos();

}  // namespace pprof::sys
