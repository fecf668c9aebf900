// Timers on a single thread's CPU clock that signal that thread. Raw system calls: glibc's
// timer_create allocates.
#pragma once

#include <cstdint>

namespace pprof::sys {

constexpr int kNoTimer = -1;

// Starts a timer on the CPU clock of thread `tid`, which gets `signal` each `interval_nanos` of its
// CPU time, first after `first_nanos` (1 or more). kNoTimer: the thread is gone, or
// RLIMIT_SIGPENDING is used up. Signal-safe. Ownership: the caller's, until DeleteTimer.
int StartCpuTimer(int32_t tid, int signal, uint64_t interval_nanos, uint64_t first_nanos);
void DeleteTimer(int timer);

// What a timer's signal says: how many further expirations it stands for. False: the signal did not
// come from a timer of StartCpuTimer. Only from a signal handler.
bool TimerOverrun(const void* siginfo, uint32_t* overrun);

// CPU time of the calling thread. Signal-safe.
uint64_t OwnCpuNanos();

}  // namespace pprof::sys
