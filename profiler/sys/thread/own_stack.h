// The bounds of the calling thread's stack, without pthread_getattr_np, which allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

struct StackBounds {
  uintptr_t low;   // lowest address of the stack
  uintptr_t high;  // one past the highest address
};

// Bounds that hold nothing but this thread's stack, of which they may omit the lowest part: while
// the stack pointer is between them, all memory from there to `high` is readable. `bytes`: the size
// of the stack of a thread other than the main one; 0: unknown, and the bounds are empty.
// Two system calls: call once per thread. Async-signal-safe.
StackBounds OwnStackBounds(size_t bytes);

// The same for a thread that pthread_create made, without a system call. Async-signal-safe.
StackBounds CreatedThreadStackBounds(size_t bytes);

}  // namespace pprof::sys
