// Memory use of the process, as seen by the kernel and by the allocator.
#pragma once

#include <cstdint>

namespace memory {

// Resident memory, which a container limit applies to; from /proc/self/statm.
int64_t ResidentBytes();

// Memory allocated through malloc and new. 0 under a sanitizer, whose allocator does not report it.
int64_t HeapInUseBytes();

// Returns freed memory to the kernel.
void ReleaseFreeMemory();

}  // namespace memory
