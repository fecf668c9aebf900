// The one CPU sampler of the process: timers, the drain thread, and the clients' windows.
//
// Several clients share it: it runs while there is a window. The interval belongs to the first one;
// a client that wants another is refused.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "pprof/status.h"
#include "profiler/profiles/cpu/cpu_window.h"

namespace pprof::profiles {

class CpuSampler {
 public:
  // This process's sampler: a forked child gets its own. Never freed.
  static CpuSampler& Get();

  // Errors: kInvalidArgument for hz outside 1 to 1000; kConflict when another rate is being
  // recorded or something else in the process handles SIGPROF; kInternal without memory or thread.
  // Thread safety: safe. Not signal-safe.
  Result<std::shared_ptr<CpuWindow>> Begin(int hz);

  // The same at whatever rate is being recorded, at `hz` when none is.
  Result<std::shared_ptr<CpuWindow>> BeginAtAnyRate(int hz);

  // Ends the window: what happened until now is in it. The last one stops the sampler.
  void End(const std::shared_ptr<CpuWindow>& window);

  // CpuWindow::AddWaitedToRun while the window is in use.
  void AddWaitedToRun(CpuWindow& window, int32_t tid, uint64_t nanos);

  // How many threads have no timer because the kernel refused it, in this recording.
  size_t threads_refused();

 private:
  Result<std::shared_ptr<CpuWindow>> BeginLocked(int hz);
  Status StartSampling(int hz);
  void StopSampling(std::unique_lock<std::mutex>& lock);
  void RunDrain();
  void Drain();
  void LookAtThreads();
  bool LookAtUntoldThread(int32_t tid);
  void GiveSignalBack();
  void DisarmAll();

  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::set<std::shared_ptr<CpuWindow>> windows_;
  std::thread drain_thread_;
  std::map<int32_t, int> untold_timers_;  // of threads without a record, by thread id
  std::set<int32_t> refused_;             // threads without a timer
  bool was_ignored_ = false;              // SIGPROF, before us
  bool stopping_ = false;
  int hz_ = 0;
};

}  // namespace pprof::profiles
