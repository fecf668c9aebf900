// Whose turn it is: a mutex with a deadline.
#pragma once

#include <condition_variable>
#include <mutex>

namespace pprof::symbolize {

// For std::unique_lock. Not std::timed_mutex: ThreadSanitizer does not know the call that waits for
// one until a time of the steady clock, and would report every unlock.
// Thread safety: safe. Not signal-safe.
class Turn {
 public:
  void lock() {
    std::unique_lock<std::mutex> guard(mutex_);
    left_.wait(guard, [this] { return !taken_; });
    taken_ = true;
  }
  template <class TimePoint>
  bool try_lock_until(const TimePoint& latest) {
    std::unique_lock<std::mutex> guard(mutex_);
    if (!left_.wait_until(guard, latest, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void unlock() {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      taken_ = false;
    }
    left_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  bool taken_ = false;  // guarded by mutex_
};

}  // namespace pprof::symbolize
