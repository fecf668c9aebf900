// Whether the program has given one of its threads a filter of system calls (seccomp) that may end
// the process at a call that the program itself does not make. From then on what runs inside malloc
// and in signal handlers makes no call but mmap and munmap, which malloc needs, too.
#pragma once

#include <atomic>

namespace pprof::sys {

// Never false again: the kernel takes no filter away. Written before the filter is there, in the
// thread that gets it. Async-signal-safe.
inline std::atomic<bool> in_sandbox __attribute__((visibility("hidden"))){false};

inline bool InSandbox() { return in_sandbox.load(std::memory_order_relaxed); }

// Whether a filter does more than let calls pass or fail. `program`: a sock_fprog, or nullptr for
// the strict mode. False if it cannot be read: the kernel does not take it either.
// Async-signal-safe.
bool FilterPunishes(const void* program);

}  // namespace pprof::sys
