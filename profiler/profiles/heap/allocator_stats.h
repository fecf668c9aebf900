// The allocator's own numbers, as the trailer of heap?debug=1, and its cache of a thread.
#pragma once

#include <string>

namespace pprof::profiles {

// "# runtime.MemStats" and one "# Name = bytes" line for each of Go's fields that tcmalloc has an
// honest number for. Thread safety: safe. Not signal-safe: takes tcmalloc's page heap lock.
std::string AllocatorStatsText();

// The calling thread's cache goes to the central lists; the thread may go on as before.
// Thread safety: safe. Not signal-safe: takes tcmalloc's locks.
void EmptyThreadCache();

}  // namespace pprof::profiles
