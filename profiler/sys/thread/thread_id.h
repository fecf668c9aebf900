// The kernel's number of the calling thread.
#pragma once

#include <cstdint>

namespace pprof::sys {

// One system call. Signal-safe.
int32_t ThreadId();

}  // namespace pprof::sys
