// The executable mappings of this process: which module, and which build of it, an address is in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pprof::sys {

// One executable range of one file, or the vdso.
struct ExecutableMapping {
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;   // of `start` in the file
  std::string path;      // the kernel's name without " (deleted)", or "[vdso]"
  std::string build_id;  // NT_GNU_BUILD_ID from memory, lower-case hex; empty: none
  bool deleted = false;
  bool main_executable = false;
};

// The current mappings: the main executable first, the others by address. Code without a file (JIT,
// stacks) is omitted. Empty when /proc cannot be read. Thread safety: safe.
// Not async-signal-safe: opens a file, allocates, takes the loader's lock.
std::vector<ExecutableMapping> ExecutableMappings();

// The executable mappings in a text in the format of /proc/self/maps, in its order, without build
// ids. Malformed lines are skipped. Thread safety: safe. Not async-signal-safe: allocates.
std::vector<ExecutableMapping> ParseMaps(std::string_view maps);

// The build id in a PT_NOTE segment; `align`: its p_align. Empty: none.
std::string BuildIdOfNotes(const unsigned char* notes, size_t size, size_t align);

}  // namespace pprof::sys
