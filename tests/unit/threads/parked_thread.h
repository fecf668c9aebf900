// A thread in a known state: it runs `body`, which waits until released.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace pprof::testing {

class ParkedThread {
 public:
  // Returns when the thread sleeps in the kernel inside `body`; fails the test after 20 s.
  // `release` makes `body` return; the destructor calls it.
  ParkedThread(std::function<void()> body, std::function<void()> release);
  ~ParkedThread();
  ParkedThread(const ParkedThread&) = delete;
  ParkedThread& operator=(const ParkedThread&) = delete;

  int32_t tid() const { return tid_.load(); }

 private:
  std::atomic<int32_t> tid_{0};
  std::function<void()> release_;
  std::thread thread_;
};

// Polls until the thread sleeps in the kernel; false after a minute.
bool WaitUntilAsleep(int32_t tid);
// Polls `condition`; false after a minute.
bool WaitUntil(const std::function<bool()>& condition);

int32_t OwnTid();
uint64_t NowNanos();
uint64_t OwnCpuNanos();
uint64_t ProcessCpuNanos();

}  // namespace pprof::testing
