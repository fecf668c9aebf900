// The calling thread.
#pragma once

#include <cstdint>

namespace pprof::sys {

// The kernel's id of the thread. One system call. Async-signal-safe.
int32_t ThreadId();

// Yields the CPU to another runnable thread. Async-signal-safe.
void Yield();

}  // namespace pprof::sys
