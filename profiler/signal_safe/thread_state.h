// Per-thread state, in one thread-local block without a constructor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/sys/thread/own_stack.h"

namespace pprof::signal_safe {

struct ThreadRecord;

struct ThreadState {
  // Bytes until the allocator's slow path; every allocation counts them down. 0 in a new thread, so
  // that its first allocation initializes the rest.
  uint64_t bytes_left;
  uint64_t random_state;
  uint64_t interval;       // sampling interval that the countdown was drawn with; 0: off
  sys::StackBounds stack;  // high == 0: not known yet
  ThreadRecord* record;    // nullptr: none yet
  int32_t tid;             // the kernel's id of the thread; 0: not known yet
  uint32_t label_set;      // id of the current labels (labels/label_table.h); 0: none
  bool ended;              // the thread's function has returned; it gets no new record
  bool started;            // random_state is seeded
  bool own;                // a profiler thread: its waits are not recorded
  bool sample_at_zero;     // false: at 0 the thread only rereads the settings
  volatile bool busy;      // inside the profiler; volatile: this thread's signal handlers read it
};

// Initial-exec: an access is one instruction and never allocates. In return the code must be in the
// executable or in a library loaded at start; a later dlopen fails with an error from ld.so.
extern __thread ThreadState thread_state
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

// The kernel's id of the calling thread; a system call only at first. Async-signal-safe.
int32_t OwnThreadId();

}  // namespace pprof::signal_safe
