// Threads that run jobs from a bounded queue.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pprof/own_threads.h"
#include "pprof/status.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::http {

// Thread safety: TryRun and Stop are safe. Not async-signal-safe: allocates, locks.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  enum class AtStop { kDropWaiting, kRunWaiting };

  // `kept`: threads that always exist; others, up to `threads` in all, start when they are needed
  // and end when they have had nothing to do for 5 s. `queue`: maximum number of waiting jobs.
  WorkerPool(size_t kept, size_t threads, size_t queue, AtStop at_stop = AtStop::kDropWaiting)
      : kept_(kept), size_(threads), max_queue_(queue), at_stop_(at_stop) {}
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Starts the kept threads. `name`: see OwnThread. Errors: kInternal when one cannot be started.
  Status Start(const char* name);

  // False if all threads are busy and the queue is full, or no thread can be started.
  bool TryRun(Job job);

  // Whether all threads are busy and the queue is full, now.
  bool IsFull();

  // Drops or runs waiting jobs, finishes running ones, and joins the threads.
  void Stop();

 private:
  struct Worker {
    OwnThread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };

  bool HasNoPlace() const PPROF_REQUIRES(mutex_) {
    return jobs_.size() + busy_ >= size_ + max_queue_;
  }
  Status Add() PPROF_REQUIRES(mutex_);
  void Run(std::atomic<bool>& ended);
  bool AwaitJob() PPROF_REQUIRES(mutex_);

  const size_t kept_;
  const size_t size_;
  const size_t max_queue_;
  const AtStop at_stop_;
  sys::Mutex mutex_;
  sys::CondVar changed_;
  std::deque<Job> jobs_ PPROF_GUARDED_BY(mutex_);
  size_t busy_ PPROF_GUARDED_BY(mutex_) = 0;
  size_t threads_ PPROF_GUARDED_BY(mutex_) = 0;
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
  std::string name_;
  std::vector<Worker> workers_ PPROF_GUARDED_BY(mutex_);
};

}  // namespace pprof::http
