// The allocator's statistics, for the trailer of heap?debug=1, and its per-thread cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
// The same without table_bytes, in half of the time: about 5 us.
AllocatorUse ReadLiveAndFree();

// Whether malloc is tcmalloc's, so that these numbers are those of the process: not under a
// sanitizer, and not where PPROF_CPP_ALLOCATOR keeps another one. Tested at every call. Thread
// safety: safe. Not async-signal-safe: takes the loader's lock.
bool TcmallocServes();

// A number of tcmalloc's, by the name that others have given to it in Prometheus.
struct AllocatorProperty {
  const char* metric;
  const char* help;
  uint64_t bytes;
};

// Those that it knows, of eight. 20 us. Thread safety: safe.
// Not async-signal-safe: takes tcmalloc's locks.
std::vector<AllocatorProperty> ReadAllocatorProperties();

// The bytes that a block of `bytes` takes in tcmalloc's size classes. Thread safety: safe.
// Async-signal-safe.
size_t SizeInClass(size_t bytes);

// Returns the calling thread's cache to the central lists; the thread may continue as before.
// Thread safety: safe. Not async-signal-safe: takes tcmalloc's locks.
void EmptyThreadCache();

// Bytes free in whole pages that are resident. Thread safety and signals as above.
size_t FreePageBytes();

// Returns at least `bytes` of them to the system, those free for longest. As above.
void ReleaseFreePages(size_t bytes);

}  // namespace pprof::profiles
