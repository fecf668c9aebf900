// The allocator's statistics, for the trailer of heap?debug=1, and its per-thread cache.
#pragma once

#include <cstddef>
#include <string>

namespace pprof::profiles {

// "# runtime.MemStats" and a line "# Name = bytes" for each of Go's fields with an exact
// counterpart in tcmalloc. Thread safety: safe.
// Not async-signal-safe: takes tcmalloc's page heap lock.
std::string AllocatorStatsText();

// Returns the calling thread's cache to the central lists; the thread may continue as before.
// Thread safety: safe. Not async-signal-safe: takes tcmalloc's locks.
void EmptyThreadCache();

// Bytes free in whole pages that are resident. Thread safety and signals as above.
size_t FreePageBytes();

// Returns at least `bytes` of them to the system, those free for longest. As above.
void ReleaseFreePages(size_t bytes);

}  // namespace pprof::profiles
