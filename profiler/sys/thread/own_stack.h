// The bounds of the calling thread's stack, without pthread_getattr_np, which allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

struct StackBounds {
  uintptr_t low;   // lowest address of the stack
  uintptr_t high;  // one past the highest address
};

// The kernel's stack for the main thread; for others the area below the thread control block, which
// glibc puts at the top of every thread's stack. `low` is a guess (the stack limit; 64 MiB for
// other threads) that tells this thread's stack from a coroutine's; memory down to it may be
// unmapped. Two system calls: call once per thread. Async-signal-safe.
StackBounds OwnStackBounds();

// The same for a thread that pthread_create made, without a system call. Async-signal-safe.
StackBounds CreatedThreadStackBounds();

}  // namespace pprof::sys
