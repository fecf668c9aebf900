// CPU time passed: the SIGPROF handler, and the timers that threads start for themselves.
//
// While `cpu_sampling.interval_nanos` is not 0, a recording runs. Threads that exist when it begins
// get their timer from the sampler's thread, threads that start later arm their own; a record's
// `cpu_timer` decides who, and is how the sampler finds all timers when it ends.
// Invariants:
//  1. Once the sampler has set the interval to 0 and gone through all records ever used, no timer
//  of
//     ours exists and none will be made: who arms says kTimerArming first and looks at the interval
//     and the record's tid after; who disarms says kTimerNone after the timer is deleted.
//  2. A record whose tid was taken gets no timer.
#pragma once

#include <atomic>
#include <cstdint>

namespace pprof::signal_safe {

struct ThreadRecord;

// Values of ThreadRecord::cpu_timer besides a timer's number plus kFirstTimer.
constexpr int kTimerNone = 0;
constexpr int kTimerArming = 1;
constexpr int kTimerDisarming = 2;
constexpr int kFirstTimer = 3;

struct CpuSampling {
  std::atomic<uint64_t> interval_nanos;  // 0: no recording
};
extern CpuSampling cpu_sampling __attribute__((visibility("hidden")));

// The handler. Only from a signal handler.
void OnTick(int signal, void* siginfo, void* ucontext);

// Nanoseconds from 1 to `interval`: threads that run less than an interval are then hit as often as
// is right. Signal-safe.
uint64_t RandomFirstExpiry(uint64_t interval);

// Gives the thread of `record` a timer if a recording runs and it has none. False: it has none now.
// Signal-safe.
bool ArmCpuTimer(ThreadRecord* record, int32_t tid);

// Takes the thread's timer away; none exists when this returns. Signal-safe, but waits where
// another thread is arming or disarming it: not from a handler.
void DisarmCpuTimer(ThreadRecord* record);

// The calling thread ends: its CPU time goes to the recording. Signal-safe.
void OnCpuThreadEnd(ThreadRecord* record);

}  // namespace pprof::signal_safe
