// The profiler's own threads: named, with all signals blocked, so that no handler of the
// application runs on them, with their own stack size instead of the program's default, and marked,
// so that no profile takes them for application threads.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace pprof::sys {

// A thread, or none. The destructor joins it, except in a forked child, which does not have it.
// Thread safety: one thread owns the object.
// Not async-signal-safe: allocates.
class OwnThread {
 public:
  OwnThread() = default;  // no thread

  // Runs `body` on a new thread; an exception that leaves it ends only the thread. `name`: up to 15
  // characters. Errors: not running(), with errno set, when the thread cannot be created.
  static OwnThread Start(const char* name, std::function<void()> body,
                         size_t stack_bytes = kStackBytes);

  OwnThread(OwnThread&& other) noexcept
      : thread_(other.thread_),
        process_(other.process_),
        running_(std::exchange(other.running_, false)) {}
  OwnThread& operator=(OwnThread&& other) noexcept {
    std::swap(thread_, other.thread_);
    std::swap(process_, other.process_);
    std::swap(running_, other.running_);
    return *this;
  }
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;
  ~OwnThread() { Join(); }

  bool running() const { return running_; }
  // Waits until the thread ends; does nothing without a thread, or in a forked child.
  void Join();
  // Releases the thread, which keeps running.
  void Detach();

  // Address space; touched only as far as used.
  static constexpr size_t kStackBytes = size_t{8} << 20;

 private:
  pthread_t thread_{};
  uint32_t process_ = 0;  // ProcessGeneration() at its start
  bool running_ = false;
};

// Whether a thread is named as all of these are, "pprof-...": for one that has no record in the
// registry, since it is about to end.
inline bool HasOwnName(std::string_view name) { return name.substr(0, 6) == "pprof-"; }

// Whether threads that the calling thread creates now are profiler threads. Set by the creator, so
// that the thread is marked before its first instruction. Not inherited: such a thread may run
// application code (a custom profile, a callback) that starts threads. Async-signal-safe.
bool CreatesOwnThreads();

// Sets it for the calling thread; returns the previous value. Async-signal-safe.
bool SetCreatesOwnThreads(bool creates);

// Lowers the priority of the calling thread only: raises its nice value by `steps`.
// Async-signal-safe.
void LowerOwnPriority(int steps);

}  // namespace pprof::sys
