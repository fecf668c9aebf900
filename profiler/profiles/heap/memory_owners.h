// Who maps which ranges of anonymous memory: tcmalloc, thread stacks, the profiler.
#pragma once

#include <cstdint>
#include <vector>

namespace base {
struct MallocRange;
}

namespace pprof::profiles {

struct MemoryOwner {
  enum class Kind { kMalloc, kStack, kProfiler };
  uintptr_t begin = 0;
  uintptr_t end = 0;
  Kind kind = Kind::kMalloc;
};

// Ascending by begin. A stack begins at its last page: its lower end is not known. With
// `with_malloc` also what tcmalloc has from the system: about 100 ns for each of its spans.
// Thread safety: safe. Not async-signal-safe: allocates, locks.
std::vector<MemoryOwner> ListMemoryOwners(bool with_malloc);

// Calls visit(argument, range) for each range that tcmalloc has from the system; one walk at a
// time. Thread safety: safe. Not async-signal-safe: locks.
void WalkTcmallocRanges(void* argument, void (*visit)(void*, const base::MallocRange*));

}  // namespace pprof::profiles
