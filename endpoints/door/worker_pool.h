// A fixed number of threads that run jobs from a bounded queue.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "pprof/own_threads.h"
#include "pprof/status.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::http {

// Thread safety: TryRun and Stop are safe. Not async-signal-safe: allocates, locks.
class WorkerPool {
 public:
  // `worker`: index of the thread that runs the job, 0 to threads - 1.
  using Job = std::function<void(size_t worker)>;

  enum class AtStop { kDropWaiting, kRunWaiting };

  // `queue`: maximum number of waiting jobs.
  WorkerPool(size_t threads, size_t queue, AtStop at_stop = AtStop::kDropWaiting)
      : size_(threads), max_queue_(queue), at_stop_(at_stop) {}
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Starts the threads. `name`: see OwnThread. Errors: kInternal when one cannot be started.
  Status Start(const char* name);

  // False if all threads are busy and the queue is full.
  bool TryRun(Job job);

  // Drops or runs waiting jobs, finishes running ones, and joins the threads.
  void Stop();

 private:
  void Run(size_t worker);

  const size_t size_;
  const size_t max_queue_;
  const AtStop at_stop_;
  sys::Mutex mutex_;
  sys::CondVar changed_;
  std::deque<Job> jobs_ PPROF_GUARDED_BY(mutex_);
  size_t busy_ PPROF_GUARDED_BY(mutex_) = 0;
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
  std::vector<OwnThread> threads_;  // used by the owner only, between Start and Stop
};

}  // namespace pprof::http
