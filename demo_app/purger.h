// The emergency fix of the incident: a thread that purges the request context periodically.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

// Purges every `interval` while it lives. The destructor stops and joins its thread at once.
class Purger {
 public:
  Purger(std::chrono::milliseconds max_age, std::chrono::milliseconds interval);
  ~Purger();
  Purger(const Purger&) = delete;
  Purger& operator=(const Purger&) = delete;

 private:
  void Run();

  const std::chrono::milliseconds max_age_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable stop_wanted_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};
