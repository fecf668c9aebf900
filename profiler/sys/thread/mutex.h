// Mutexes with clang's -Wthread-safety annotations; std::mutex underneath.
//
//   Mutex mutex_;
//   std::map<...> windows_ PPROF_GUARDED_BY(mutex_);
//   const MutexLock lock(mutex_);
//
// Header-only, so that endpoints/ can use it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define PPROF_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define PPROF_THREAD_ANNOTATION(x)
#endif

#define PPROF_CAPABILITY(x) PPROF_THREAD_ANNOTATION(capability(x))
#define PPROF_SCOPED_CAPABILITY PPROF_THREAD_ANNOTATION(scoped_lockable)
#define PPROF_GUARDED_BY(x) PPROF_THREAD_ANNOTATION(guarded_by(x))
#define PPROF_REQUIRES(...) PPROF_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define PPROF_ACQUIRE(...) PPROF_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define PPROF_RELEASE(...) PPROF_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define PPROF_TRY_ACQUIRE(...) PPROF_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define PPROF_EXCLUDES(...) PPROF_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define PPROF_NO_THREAD_SAFETY_ANALYSIS PPROF_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace pprof::sys {

// Thread safety: safe. Not async-signal-safe: takes a lock.
class PPROF_CAPABILITY("mutex") Mutex {
 public:
  void lock() PPROF_ACQUIRE() { mutex_.lock(); }
  void unlock() PPROF_RELEASE() { mutex_.unlock(); }
  bool try_lock() PPROF_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a mutex for a scope; may be released and taken again within it.
// Thread safety: belongs to the thread that made it. Not async-signal-safe: takes a lock.
class PPROF_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) PPROF_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() PPROF_RELEASE() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void Unlock() PPROF_RELEASE() {
    held_ = false;
    mutex_.unlock();
  }
  void Lock() PPROF_ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

// A condition variable for Mutex. Waits may end early: check the condition again.
// Thread safety: safe. Not async-signal-safe: takes a lock.
class CondVar {
 public:
  void Wait(Mutex& mutex) PPROF_REQUIRES(mutex) {
    Adopted lock(mutex.mutex_);
    condition_.wait(lock.held);
  }
  template <class Duration>
  void WaitFor(Mutex& mutex, const Duration& duration) PPROF_REQUIRES(mutex) {
    Adopted lock(mutex.mutex_);
    condition_.wait_for(lock.held, duration);
  }
  // False: timeout.
  template <class TimePoint>
  bool WaitUntil(Mutex& mutex, const TimePoint& latest) PPROF_REQUIRES(mutex) {
    Adopted lock(mutex.mutex_);
    return condition_.wait_until(lock.held, latest) == std::cv_status::no_timeout;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  // The caller holds the mutex before and after.
  struct Adopted {
    explicit Adopted(std::mutex& mutex) : held(mutex, std::adopt_lock) {}
    ~Adopted() { held.release(); }
    Adopted(const Adopted&) = delete;
    Adopted& operator=(const Adopted&) = delete;
    std::unique_lock<std::mutex> held;
  };

  std::condition_variable condition_;
};

}  // namespace pprof::sys
