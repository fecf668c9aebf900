// The turn of a batch: a mutex with a deadline.
#pragma once

#include <chrono>

#include "profiler/sys/thread/mutex.h"

namespace pprof::symbolize {

// Not std::timed_mutex: ThreadSanitizer does not intercept its wait for a steady-clock time, and
// would report every unlock. Thread safety: safe. Not async-signal-safe: takes a lock.
class Turn {
 public:
  // False: timeout.
  bool TryTakeUntil(std::chrono::steady_clock::time_point latest) {
    const sys::MutexLock lock(mutex_);
    while (taken_) {
      if (!left_.WaitUntil(mutex_, latest) && taken_) return false;
    }
    taken_ = true;
    return true;
  }
  void GiveBack() {
    {
      const sys::MutexLock lock(mutex_);
      taken_ = false;
    }
    left_.NotifyOne();
  }

 private:
  sys::Mutex mutex_;
  sys::CondVar left_;
  bool taken_ PPROF_GUARDED_BY(mutex_) = false;
};

}  // namespace pprof::symbolize
