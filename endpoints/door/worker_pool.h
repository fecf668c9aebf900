// A fixed number of threads that run jobs, and a bounded queue before them. Made for living inside
// somebody else's process: the threads block every signal, so that no handler of the program runs
// on them, have stacks of 8 MiB whatever the program's default is, and are the profiler's own.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "pprof/status.h"

namespace pprof::http {

// One thread, joined when destroyed.
class WorkerThread {
 public:
  // Errors: kInternal with the system's words when there is no thread to be had.
  static Result<WorkerThread> Start(const std::string& name, std::function<void()> run);

  WorkerThread(WorkerThread&& other) noexcept;
  WorkerThread& operator=(WorkerThread&&) = delete;
  ~WorkerThread();

 private:
  explicit WorkerThread(pthread_t thread) : thread_(thread), joinable_(true) {}

  pthread_t thread_;
  bool joinable_;
};

// Thread safety: TryRun and Stop are safe.
class WorkerPool {
 public:
  // `queue` jobs wait besides those that run.
  WorkerPool(size_t threads, size_t queue) : size_(threads), max_queue_(queue) {}
  ~WorkerPool() { Stop(); }

  // Starts the threads, named pprof-http-N from N = `first_number` on.
  Status Start(int first_number);

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
  std::vector<WorkerThread> threads_;
};

}  // namespace pprof::http
