// Which process this is: changes in a forked child.
#pragma once

#include <cstdint>

namespace pprof::sys {

// One system call. Signal-safe.
int32_t ProcessId();

}  // namespace pprof::sys
