// How much memory this process may have, and how much more it can take before the kernel ends a
// process for lack of it.
#pragma once

#include <cstdint>
#include <string>

namespace pprof::sys {

// The least of what is left of the limits of its memory cgroups (version 1 and 2), and of the
// machine. File caches that the kernel can drop count as left. UINT64_MAX when nothing of this can
// be read. 100 us. Thread safety: safe. Not async-signal-safe: opens files.
uint64_t MemoryLeft();

// The least limit among those: its bytes, how much of it is used (also by others, and without file
// caches that the kernel can drop), and where it is written, e.g. "cgroup v2 memory.max" or
// "MemTotal of /proc/meminfo". No source: nothing of this can be read. 100 us. Thread safety: safe.
// Not async-signal-safe: opens files.
struct MemoryLimit {
  uint64_t bytes = UINT64_MAX;
  uint64_t used = 0;
  std::string source;
};
MemoryLimit ReadMemoryLimit();

}  // namespace pprof::sys
