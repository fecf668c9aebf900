// The rules of this room, as far as a compiler can hold them.
//
// Code here runs inside malloc and inside signal handlers. It allocates nothing, takes no lock that
// can wait, throws nothing, uses no stdio and leaves errno as it was. It calls only sys/.
// scripts/check_signal_safe_symbols.py holds the room's objects against a list of allowed symbols.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "profiler/signal_safe/thread_state.h"

namespace pprof::signal_safe {

static_assert(std::atomic<uint64_t>::is_always_lock_free,
              "a locked atomic could deadlock a handler");
static_assert(std::atomic<void*>::is_always_lock_free, "a locked atomic could deadlock a handler");

// Puts errno back at the end of the scope. A handler's first line. Signal-safe.
class ErrnoGuard {
 public:
  ErrnoGuard() : saved_(errno) {}
  ~ErrnoGuard() { errno = saved_; }
  ErrnoGuard(const ErrnoGuard&) = delete;
  ErrnoGuard& operator=(const ErrnoGuard&) = delete;

 private:
  int saved_;
};

// True inside for the first entry of this thread only: a handler that allocates while this thread
// is in here must not come in again. Signal-safe.
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
