// Threads of the profiler's own: named, deaf to all signals, so that no handler of the application
// runs on them, with a stack size of their own whatever the program's default is, and marked, so
// that no profile takes them for the application's.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <utility>

namespace pprof::sys {

// A thread, or none. Joined when destroyed. Thread safety: one thread owns the object.
// Not signal-safe: allocates.
class OwnThread {
 public:
  OwnThread() = default;  // none

  // Runs `body` on a new thread; an exception that leaves it ends the thread and nothing else.
  // `name`: up to 15 characters. Not running() when no thread could be started: errno says why.
  static OwnThread Start(const char* name, std::function<void()> body,
                         size_t stack_bytes = kStackBytes);

  OwnThread(OwnThread&& other) noexcept
      : thread_(other.thread_), running_(std::exchange(other.running_, false)) {}
  OwnThread& operator=(OwnThread&& other) noexcept {
    std::swap(thread_, other.thread_);
    std::swap(running_, other.running_);
    return *this;
  }
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;
  ~OwnThread() { Join(); }

  bool running() const { return running_; }
  // Waits for its end. Nothing when there is none.
  void Join();
  // Lets it run on without this object.
  void Detach();

  // Address space, touched as far as used.
  static constexpr size_t kStackBytes = size_t{8} << 20;

 private:
  pthread_t thread_{};
  bool running_ = false;
};

// Whether a thread that the calling thread creates now is the profiler's own. The creator says it,
// so that the thread is marked before its first instruction. Not inherited: such a thread may run
// code of the application (a profile of its own, a callback) that starts threads.
// Signal-safe.
bool CreatesOwnThreads();

// For the calling thread; returns the value before. Signal-safe.
bool SetCreatesOwnThreads(bool creates);

// Makes the calling thread, and only it, give way to others: raises its nice value by `steps`.
// Signal-safe.
void LowerOwnPriority(int steps);

}  // namespace pprof::sys
