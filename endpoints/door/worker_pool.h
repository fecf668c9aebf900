// A fixed number of threads that run jobs, and a bounded queue before them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "pprof/own_threads.h"
#include "pprof/status.h"

namespace pprof::http {

// Thread safety: TryRun and Stop are safe.
class WorkerPool {
 public:
  // `queue` jobs wait besides those that run.
  WorkerPool(size_t threads, size_t queue) : size_(threads), max_queue_(queue) {}
  ~WorkerPool() { Stop(); }

  // Starts the threads. `name`: as OwnThread's. Errors: kInternal when there are too few to be had.
  Status Start(const char* name);

  // False when all threads are busy and the queue is full.
  bool TryRun(std::function<void()> job);

  // Drops the jobs that wait, finishes those that run, ends the threads.
  void Stop();

 private:
  void Run();

  const size_t size_;
  const size_t max_queue_;
  std::mutex mutex_;  // guards the four below
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  size_t busy_ = 0;
  bool stopping_ = false;
  std::vector<OwnThread> threads_;
};

}  // namespace pprof::http
