// How much memory the process holds, seen from two sides.
#pragma once

#include <cstdint>

namespace memory {

// What the kernel counts and a container limit is compared with; from /proc/self/statm.
int64_t ResidentBytes();

// What the program holds through malloc and new. Under a sanitizer: 0, its allocator does not say.
int64_t HeapInUseBytes();

// Gives freed memory back to the kernel.
void ReleaseFreeMemory();

}  // namespace memory
