// The bounds of the calling thread's stack, without pthread_getattr_np, which allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

struct StackBounds {
  uintptr_t low;   // nothing of the stack below
  uintptr_t high;  // nothing of the stack at or above
};

// The kernel's stack for the main thread, else the area below the thread control block, which glibc
// puts at the top of every stack it starts a thread on. `low` is a guess (the stack limit; 64 MiB
// for other threads): it tells a stack of our thread from a coroutine's, it does not promise
// memory. Signal-safe. Two system calls: call once a thread and keep the answer.
StackBounds OwnStackBounds();

}  // namespace pprof::sys
