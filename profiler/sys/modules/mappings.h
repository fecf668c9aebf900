// The executable mappings of this process: the module of an address, and its build.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pprof::sys {

// One executable segment of a module, or an executable mapping of a file unknown to the loader.
struct ExecutableMapping {
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;   // of `start` in the file
  std::string path;      // the kernel's without " (deleted)", else the loader's; "[vdso]"
  std::string build_id;  // NT_GNU_BUILD_ID from memory, lower-case hex; empty: none
  bool deleted = false;
  bool main_executable = false;
};

struct ExecutableMappings {
  std::vector<ExecutableMapping> list;  // the main executable first, the others by address
  // The reason when /proc/self/maps cannot be read, else empty. Only absolute paths and files
  // unknown to the loader are missing then.
  std::string no_maps_because;
};

// The mappings now. The loader provides addresses, offsets and build ids; /proc/self/maps adds
// absolute paths, and files that other code mapped (dlmopen, ELF files of JIT compilers). Code
// without a file is left out. Errors: none. Thread safety: safe. Not async-signal-safe: opens a
// file, allocates, takes the loader's lock.
ExecutableMappings ListExecutableMappings();

}  // namespace pprof::sys
