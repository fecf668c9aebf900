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

// Whether the 8 bytes at `address` can be read now. Never faults. One system call, one that every
// sandbox allows. Signal-safe. REQUIRES: address is a multiple of 8.
bool IsReadable(uintptr_t address);

// Copies `bytes` from `address` of this process; false when any of it is not mapped. Never faults.
// One system call. Signal-safe. False also where seccomp refuses process_vm_readv.
bool ReadOwnMemory(uintptr_t address, void* out, size_t bytes);

// Copies up to `bytes` from `address` of this process, fewer at a hole: how many were copied.
// Signal-safe.
size_t CopyOwnMemory(uintptr_t address, void* out, size_t bytes);

}  // namespace pprof::sys
