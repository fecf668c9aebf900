// /proc/self/maps: the kernel's paths of mapped files, also of files unknown to the loader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pprof::sys {

// One executable line of a file or of the vdso.
struct MapsLine {
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;  // of `start` in the file
  std::string path;     // without " (deleted)"; "[vdso]"
  bool deleted = false;
};

// The lines of such a text, in its order. Skips malformed lines. Thread safety: safe. Not
// async-signal-safe: allocates.
std::vector<MapsLine> ParseMaps(std::string_view maps);

// The text of this process's file, also after its first thread has ended. Sets `error` to the errno
// of a failed open or read, else to 0. Not async-signal-safe: opens a file, allocates.
std::string ReadMaps(int* error);

}  // namespace pprof::sys
