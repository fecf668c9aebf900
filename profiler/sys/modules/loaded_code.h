// Lists the loaded executable segments without allocating.
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

// Fills `out` with up to `room` segments and returns their number. 7 us for 7 modules, 0.6 ms for
// 300. Thread safety: safe. Not async-signal-safe: dl_iterate_phdr takes the loader's lock.
size_t ListLoadedCode(LoadedCode* out, size_t room);

// Number of modules unloaded since process start. Not async-signal-safe, for the same reason.
uint64_t UnloadedCount();

}  // namespace pprof::sys
