// The executable segments that are loaded now, without allocating.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

struct LoadedCode {
  uintptr_t start;
  uintptr_t limit;
  uint64_t offset;    // of `start` in the file
  char build_id[41];  // lower-case hex; empty: none
  char path[256];     // empty: the main executable, or too long
};

// Fills `out` with up to `room` segments; how many. Not signal-safe: dl_iterate_phdr takes the
// loader's lock. 7 us for 7 modules, 0.6 ms for 300. Thread safety: safe.
size_t ListLoadedCode(LoadedCode* out, size_t room);

// How many modules were unloaded since the process began. Not signal-safe, as above.
uint64_t UnloadedCount();

}  // namespace pprof::sys
