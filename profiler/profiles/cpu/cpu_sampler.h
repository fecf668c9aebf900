// The process's CPU sampler: one stream of samples, and a window on it for each client.
//
// It runs while there is a window. The first window sets the rate; a client that asks for another
// rate is rejected.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "pprof/status.h"
#include "profiler/profiles/cpu/cpu_timers.h"
#include "profiler/profiles/cpu/cpu_window.h"
#include "profiler/profiles/cpu/profiling_signal.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::profiles {

// Thread safety: safe. Not async-signal-safe: allocates, locks.
class CpuSampler {
 public:
  // This process's sampler: a forked child gets its own. Never freed.
  static CpuSampler& Get();

  // Errors: kInvalidArgument for hz outside 1 to 1000; kConflict when a recording at another rate
  // runs or other code handles SIGPROF; kInternal when out of memory or threads.
  Result<std::shared_ptr<CpuWindow>> Begin(int hz);

  // The same at the rate of the running recording, or at `hz` if there is none.
  Result<std::shared_ptr<CpuWindow>> BeginAtAnyRate(int hz);

  // Ends the window, which then has all samples so far. Ending the last one stops the sampler.
  // Errors: std::bad_alloc; the window has ended all the same.
  static void End(const std::shared_ptr<CpuWindow>& window);

  // CpuWindow::AddWaitedToRun, for a window in use.
  void AddWaitedToRun(CpuWindow& window, int32_t tid, uint64_t nanos);

  // CpuTimers::Refusal of this recording, or of the last one.
  std::string TimerRefusal();

  // Whether samples of this recording were lost because there was no memory for them.
  bool was_out_of_memory();

 private:
  void Finish(const std::shared_ptr<CpuWindow>& window);
  void Remove(const std::shared_ptr<CpuWindow>& window) PPROF_EXCLUDES(mutex_);
  Result<std::shared_ptr<CpuWindow>> OpenWindow(int hz) PPROF_REQUIRES(mutex_);
  void AwaitStopped() PPROF_REQUIRES(mutex_);
  Result<std::shared_ptr<CpuWindow>> BeginLocked(int hz) PPROF_REQUIRES(mutex_);
  Status StartSampling(int hz) PPROF_REQUIRES(mutex_);
  void StopSampling() PPROF_REQUIRES(mutex_);
  void LookAtThreads() PPROF_REQUIRES(mutex_);
  void Drain() PPROF_REQUIRES(mutex_);
  void RunDrain() PPROF_EXCLUDES(mutex_);

  sys::Mutex mutex_;
  sys::CondVar wake_;
  std::set<std::shared_ptr<CpuWindow>> windows_ PPROF_GUARDED_BY(mutex_);
  ProfilingSignal signal_ PPROF_GUARDED_BY(mutex_);
  CpuTimers timers_ PPROF_GUARDED_BY(mutex_);
  sys::OwnThread drain_thread_ PPROF_GUARDED_BY(mutex_);
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
  bool was_out_of_memory_ PPROF_GUARDED_BY(mutex_) = false;
  int hz_ PPROF_GUARDED_BY(mutex_) = 0;
};

}  // namespace pprof::profiles
