// The calling thread.
#pragma once

#include <cstdint>

namespace pprof::sys {

// The kernel's number of it. One system call. Signal-safe.
int32_t ThreadId();

// Gives its CPU to another runnable thread. Signal-safe.
void Yield();

}  // namespace pprof::sys
