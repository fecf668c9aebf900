// What each thread knows of itself, in one thread-local block without constructor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/sys/thread/own_stack.h"

namespace pprof::signal_safe {

struct ThreadRecord;

struct ThreadState {
  // Bytes until the allocator's slow path; counted down by every allocation. 0 in a new thread, so
  // that its first allocation comes in and sets the rest up.
  uint64_t bytes_left;
  uint64_t random_state;
  uint64_t interval;         // the sampling interval the countdown was drawn with; 0: off
  sys::StackBounds stack;    // high == 0: not asked yet
  uintptr_t stack_readable;  // all from here to stack.high can be loaded; 0: not asked yet
  ThreadRecord* record;      // nullptr: none yet
  uint32_t label_set;        // id of the labels in force (labels/label_table.h); 0: none
  bool ended;                // its own code is over; it gets no record any more
  bool started;              // random_state is seeded
  bool own;                  // a thread of the profiler itself: its waits are nobody's business
  bool sample_at_zero;       // false: the countdown is only a look at the settings
  volatile bool busy;        // this thread is inside; volatile: its own signal handlers read it
};

// Initial-exec: an access is one instruction and never allocates. The price: the code must be in
// the executable or in a library loaded at start; a late dlopen fails with a message of ld.so.
extern __thread ThreadState thread_state
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

}  // namespace pprof::signal_safe
