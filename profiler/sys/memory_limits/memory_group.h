// The memory cgroups of this process: where their folders are, and the names of their files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pprof::sys {

// The path of the process's memory cgroup from the text of /proc/self/cgroup, and the version of
// its file names.
struct MemoryGroup {
  std::string path;  // "/" or "/a/b"
  int version = 0;   // 1 or 2; 0: none
};
MemoryGroup ParseMemoryGroup(const std::string& text);

// The folders of the group and of all groups above it, innermost first, up to the root, which in a
// container is the container's own group, whatever the path says. Empty: no group.
std::vector<std::string> FoldersOf(const MemoryGroup& group);

// Names of files in such a folder.
struct MemoryGroupFiles {
  const char* limit;
  const char* usage;
  const char* caches[2];  // keys in memory.stat: file caches of the group and those below
  const char* kills;      // has the line "oom_kill N"
};
// REQUIRES: `version` is 1 or 2. Async-signal-safe.
const MemoryGroupFiles& FilesOfGroup(int version);

// The number behind `key` in a file's text, or `otherwise`, also for "max". Async-signal-safe.
uint64_t NumberAfter(std::string_view text, std::string_view key, uint64_t otherwise);

}  // namespace pprof::sys
