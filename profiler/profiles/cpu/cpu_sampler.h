// The one CPU sampler of the process: the stream of samples, and the clients' windows on it.
//
// Several clients share it: it runs while there is a window. The rate belongs to the first one; a
// client that wants another is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "pprof/status.h"
#include "profiler/profiles/cpu/cpu_timers.h"
#include "profiler/profiles/cpu/cpu_window.h"
#include "profiler/profiles/cpu/profiling_signal.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::profiles {

// Thread safety: safe. Not signal-safe: allocates and takes locks.
class CpuSampler {
 public:
  // This process's sampler: a forked child gets its own. Never freed.
  static CpuSampler& Get();

  // Errors: kInvalidArgument for hz outside 1 to 1000; kConflict when another rate is being
  // recorded or something else in the process handles SIGPROF; kInternal without memory or thread.
  Result<std::shared_ptr<CpuWindow>> Begin(int hz);

  // The same at whatever rate is being recorded, at `hz` when none is.
  Result<std::shared_ptr<CpuWindow>> BeginAtAnyRate(int hz);

  // Ends the window, which then has all samples until now. The last one stops the sampler.
  void End(const std::shared_ptr<CpuWindow>& window);

  // CpuWindow::AddWaitedToRun while the window is in use.
  void AddWaitedToRun(CpuWindow& window, int32_t tid, uint64_t nanos);

  // How many threads have no timer because the kernel refused it, in this recording.
  size_t threads_refused();

 private:
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
  int hz_ PPROF_GUARDED_BY(mutex_) = 0;
};

}  // namespace pprof::profiles
