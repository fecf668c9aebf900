// A fixed number of threads that run jobs, and a bounded queue before them.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "pprof/own_threads.h"
#include "pprof/status.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::http {

// Thread safety: TryRun and Stop are safe. Not signal-safe: allocates and takes a lock.
class WorkerPool {
 public:
  // `worker`: 0 to threads - 1, the number of the thread that runs the job.
  using Job = std::function<void(size_t worker)>;

  // `queue` jobs wait besides those that run.
  WorkerPool(size_t threads, size_t queue) : size_(threads), max_queue_(queue) {}
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Starts the threads. `name`: as OwnThread's. Errors: kInternal when there are too few to be had.
  Status Start(const char* name);

  // False when all threads are busy and the queue is full.
  bool TryRun(Job job);

  // Drops the jobs that wait, finishes those that run, ends the threads.
  void Stop();

 private:
  void Run(size_t worker);

  const size_t size_;
  const size_t max_queue_;
  sys::Mutex mutex_;
  sys::CondVar changed_;
  std::deque<Job> jobs_ PPROF_GUARDED_BY(mutex_);
  size_t busy_ PPROF_GUARDED_BY(mutex_) = 0;
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
  std::vector<OwnThread> threads_;  // the owner's, between Start and Stop
};

}  // namespace pprof::http
