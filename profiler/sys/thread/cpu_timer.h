// Timers on the CPU clock of a single thread, which signal that thread, and alarms. Raw system
// calls, since glibc's timer_create allocates.
#pragma once

#include <cstdint>

namespace pprof::sys {

constexpr int kNoTimer = -1;

// Starts a timer on the CPU clock of thread `tid`, which receives `signal` every `interval_nanos`
// of its CPU time, the first after `first_nanos` (at least 1). kNoTimer: the thread is gone, or
// the kernel refuses; see CpuTimerError. Ownership: the caller's, until DeleteTimer.
// Async-signal-safe.
int StartCpuTimer(int32_t tid, int signal, uint64_t interval_nanos, uint64_t first_nanos);
// Starts a timer that sends `signal` to the process once, after `nanos` of real time (at least 1).
// Errors, ownership as above. Async-signal-safe.
int StartAlarm(int signal, uint64_t nanos);
// Async-signal-safe.
void DeleteTimer(int timer);

// The error with which the kernel refuses such a timer for the calling thread; 0: it does not.
// Async-signal-safe.
int CpuTimerError();

// SIGPROF after each `interval_nanos` of the whole process's CPU time, for the thread that runs
// then; 0: no more. False: the kernel refuses. Async-signal-safe.
bool SetProcessTimer(uint64_t interval_nanos);
// Whether a signal is from the process's timer. `siginfo`: a siginfo_t. Async-signal-safe.
bool IsProcessTimerSignal(const void* siginfo);

// Whether a signal is from a timer of StartCpuTimer or StartAlarm. `siginfo`: a siginfo_t.
// Async-signal-safe.
bool IsCpuTimerSignal(const void* siginfo);

// Discards the timer's `signal` if it is pending for the calling thread, which blocks it.
// Async-signal-safe.
void DropPendingTimerSignal(int signal);

// CPU time of the calling thread in nanoseconds. Async-signal-safe.
uint64_t OwnCpuNanos();

}  // namespace pprof::sys
