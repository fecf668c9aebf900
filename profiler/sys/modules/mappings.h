// The executable mappings of this process: what an address belongs to, and which build of it.
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
  std::string path;      // as the kernel names it, without " (deleted)"; "[vdso]"
  std::string build_id;  // NT_GNU_BUILD_ID from memory, lower-case hex; empty: none
  bool deleted = false;
  bool main_executable = false;
};

// The mappings now, the main executable first, the others by address. Code without a file (JIT,
// stacks) is left out. Empty when /proc cannot be read.
// Thread safety: safe. Not signal-safe: opens a file, allocates, takes the loader's lock.
std::vector<ExecutableMapping> ExecutableMappings();

// The executable mappings in a text of the form of /proc/self/maps, in its order, without build
// ids. Lines it cannot read are skipped. Thread safety: safe.
std::vector<ExecutableMapping> ParseMaps(std::string_view maps);

// The build id in the notes of one PT_NOTE segment; `align` is its p_align. Empty: none.
std::string BuildIdOfNotes(const unsigned char* notes, size_t size, size_t align);

}  // namespace pprof::sys
