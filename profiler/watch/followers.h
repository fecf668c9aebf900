// What happens after a capture: the program's callback and the hook, on a thread of their own.
#pragma once

#include <deque>

#include "pprof/watch.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::watch {

// Thread safety: safe. Not async-signal-safe: allocates, locks.
class Followers {
 public:
  explicit Followers(const WatchOptions& options) : options_(options) {}
  ~Followers() { Stop(); }
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  // Starts the thread if anything follows captures; it has the descriptors of the caller.
  // False: no thread can be made.
  bool Start();
  // Ends it; a hook that runs is killed.
  void Stop();

  // Tells it of a capture. When 16 wait, the oldest one is forgotten.
  void Add(CaptureInfo info);

 private:
  static constexpr size_t kMostWaiting = 16;

  void Run();
  void Follow(const CaptureInfo& info);
  bool IsStopping();

  const WatchOptions& options_;
  sys::OwnThread thread_;
  sys::Mutex mutex_;
  sys::CondVar changed_;
  std::deque<CaptureInfo> waiting_ PPROF_GUARDED_BY(mutex_);
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
};

}  // namespace pprof::watch
