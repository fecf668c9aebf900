// The allocator's statistics, for the trailer of heap?debug=1, and its per-thread cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pprof::profiles {

// "# runtime.MemStats" and a line "# Name = bytes" for each of Go's fields with an exact
// counterpart in tcmalloc. Thread safety: safe.
// Not async-signal-safe: takes tcmalloc's page heap lock.
std::string AllocatorStatsText();

// Bytes. live + free is what tcmalloc has mapped and not released to the system.
struct AllocatorUse {
  uint64_t mapped_bytes = 0;  // from the system, also released ones
  uint64_t live_bytes = 0;    // in size classes
  uint64_t free_bytes = 0;    // in its caches and its page heap
  uint64_t table_bytes = 0;   // its own tables
};

// Thread safety: safe. Not async-signal-safe: takes tcmalloc's locks.
AllocatorUse ReadAllocatorUse();

// The bytes that a block of `bytes` takes in tcmalloc's size classes. Thread safety: safe.
// Async-signal-safe.
size_t SizeInClass(size_t bytes);

// Returns the calling thread's cache to the central lists; the thread may continue as before.
// Thread safety: safe. Not async-signal-safe: takes tcmalloc's locks.
void EmptyThreadCache();

}  // namespace pprof::profiles
