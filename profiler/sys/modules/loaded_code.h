// Lists the loaded executable segments without allocating. The loader is the only source that is
// always available: /proc/self/maps is missing in a chroot, cannot be opened without a free
// descriptor, and does not name code that the program moved to huge pages.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/sys/modules/build_id.h"

namespace pprof::sys {

// One executable segment, valid during the visit.
struct CodeSegment {
  uintptr_t start = 0;  // rounded to pages, as it is mapped
  uintptr_t limit = 0;
  uint64_t offset = 0;           // of `start` in the file
  const char* module_name = "";  // as it was opened, maybe relative; may be empty for main
  const BuildId* build_id = nullptr;
  bool main_executable = false;
};

// Calls `visit(segment, arg)` for each, the main executable's first, until it returns false. Visits
// the link-map namespace of this library only: dlmopen creates others. 7 us for 7 modules, 0.6 ms
// for 300. Allocates nothing. Thread safety: safe. Not async-signal-safe: holds the loader's lock.
void VisitLoadedCode(bool (*visit)(const CodeSegment& segment, void* arg), void* arg);

// Number of modules unloaded since the start of the process. Not async-signal-safe: the same lock.
uint64_t UnloadedCount();

// A copy of a segment that owns no memory.
struct LoadedCode {
  uintptr_t start;
  uintptr_t limit;
  uint64_t offset;    // of `start` in the file
  char build_id[41];  // lower-case hex; empty: none, or longer than 20 bytes
  char path[256];     // empty: the main executable, or too long
};

// Fills `out` with up to `room` segments and returns their number. Thread safety: safe. Not
// async-signal-safe: as VisitLoadedCode.
size_t ListLoadedCode(LoadedCode* out, size_t room);

}  // namespace pprof::sys
