// How much more memory this process can take before the kernel ends a process for lack of it.
#pragma once

#include <cstdint>
#include <string>

namespace pprof::sys {

// The least of what is left of the limits of its memory cgroups (version 1 and 2), and of the
// machine. File caches that the kernel can drop count as left. UINT64_MAX when nothing of this can
// be read. 100 us. Thread safety: safe. Not async-signal-safe: opens files.
uint64_t MemoryLeft();

// The path of the process's memory cgroup from /proc/self/cgroup, and its file names' version. For
// tests.
struct MemoryGroup {
  std::string path;  // "/" or "/a/b"
  int version = 0;   // 1 or 2; 0: none
};
MemoryGroup ParseMemoryGroup(const std::string& text);

}  // namespace pprof::sys
