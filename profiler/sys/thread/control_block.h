// glibc's control blocks of other threads: a thread's thread-locals lie below its block.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

constexpr size_t kControlBlockBytes = 2304;  // sizeof(struct pthread), glibc 2.36

// Its address, which pthread_self() returns in the thread; 0: the thread is gone, or not glibc's,
// or a sandbox denies the system call (get_robust_list). Thread safety: safe. Async-signal-safe.
uintptr_t ControlBlockOf(int32_t tid);

// Whether a control block begins at this address: two of its words point to itself.
// Thread safety: safe. Async-signal-safe.
bool IsControlBlock(uintptr_t address);

}  // namespace pprof::sys
