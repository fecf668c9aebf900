// CPU samples: the SIGPROF handler, and the timers of single threads.
//
// A recording runs while `cpu_sampling.interval_nanos` is not 0. The sampler's thread arms the
// timers of threads that exist when it begins; later threads arm their own. A record's `cpu_timer`
// arbitrates between the two, and lets the sampler find all timers when it ends. Invariants:
//  1. Once the sampler has set the interval to 0 and visited all records ever used, none of our
//  timers
//     exists and none will be created: an arming thread stores kTimerArming before it reads the
//     interval and the record's tid; a disarming thread stores kTimerNone after deleting the timer.
//  2. A record whose tid was taken gets no timer.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/signal_safe/hooks/tick_plan.h"

namespace pprof::signal_safe {

struct ThreadRecord;

// Values of ThreadRecord::cpu_timer; others are a timer id plus kFirstTimer.
constexpr int kTimerNone = 0;
constexpr int kTimerArming = 1;
constexpr int kTimerDisarming = 2;
constexpr int kFirstTimer = 3;

struct CpuSampling {
  std::atomic<uint64_t> interval_nanos;  // 0: no recording
  std::atomic<uint64_t> tick_nanos;      // the kernel's; not 0 during a recording
  std::atomic<bool> by_process;          // one timer of the process instead of one for each thread
};
extern CpuSampling cpu_sampling __attribute__((visibility("hidden")));

// Handler of SIGPROF. Signal handler only.
void OnTick(int signal, void* siginfo, void* ucontext);

// Whether a signal is from the sampler's timers. `siginfo`: a siginfo_t. Async-signal-safe.
bool IsTick(const void* siginfo);

// Whether a signal that a program waits for is from a timer of ours: a tick, or the alarm of the
// preload library. `siginfo`: a siginfo_t. Async-signal-safe.
bool IsFromOwnTimer(int signal, const void* siginfo);

// The calling thread makes a signalfd that reports SIGPROF: it gets no more ticks while it blocks
// the signal. Not async-signal-safe: see DisarmCpuTimer.
void OnSignalDescriptor();

// Starts the timer of a thread that has none. sys::kNoTimer: the kernel refuses, or no recording
// runs. Ownership: the caller's. Async-signal-safe.
int StartTicks(int32_t tid);

// Starts the timer of the process. False: the kernel refuses. REQUIRES: by_process, and a
// recording. Async-signal-safe.
bool StartProcessTicks();

// Arms a timer for the thread of `record` if a recording runs and it has none. False: it has none
// now. REQUIRES: the thread does not block SIGPROF: one that waits for signals would be told of
// ticks. Async-signal-safe.
bool ArmCpuTimer(ThreadRecord* record, int32_t tid);

// Deletes the thread's timer; none exists on return. Not async-signal-safe: waits while another
// thread is arming or disarming it.
void DisarmCpuTimer(ThreadRecord* record);

// The calling thread ends: disarms its timer and passes its CPU time to the recording.
// Not async-signal-safe: see DisarmCpuTimer.
void OnCpuThreadEnd(ThreadRecord* record);

}  // namespace pprof::signal_safe
