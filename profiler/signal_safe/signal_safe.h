// The rules of this directory, as far as a compiler can check them.
//
// This code runs inside malloc and signal handlers. It allocates nothing, takes no lock that can
// block, throws nothing, uses no stdio and preserves errno. It calls only sys/.
// scripts/check_signal_safe_symbols.py checks the objects against a list of allowed symbols.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "profiler/signal_safe/thread_state.h"

namespace pprof::signal_safe {

static_assert(std::atomic<uint64_t>::is_always_lock_free,
              "a locked atomic could deadlock a handler");
static_assert(std::atomic<void*>::is_always_lock_free, "a locked atomic could deadlock a handler");

// Restores errno at the end of the scope. The first statement of a handler. Async-signal-safe.
class ErrnoGuard {
 public:
  ErrnoGuard() : saved_(errno) {}
  ~ErrnoGuard() { errno = saved_; }
  ErrnoGuard(const ErrnoGuard&) = delete;
  ErrnoGuard& operator=(const ErrnoGuard&) = delete;

 private:
  int saved_;
};

// entered() is true only for this thread's outermost guard: a handler that interrupts the profiler
// and allocates must not enter it again. Async-signal-safe.
class ReentryGuard {
 public:
  ReentryGuard() : entered_(!thread_state.busy) { thread_state.busy = true; }
  ~ReentryGuard() {
    if (entered_) thread_state.busy = false;
  }
  ReentryGuard(const ReentryGuard&) = delete;
  ReentryGuard& operator=(const ReentryGuard&) = delete;
  bool entered() const { return entered_; }

 private:
  bool entered_;
};

}  // namespace pprof::signal_safe
