// /proc/self/maps: the kernel's list of mapped memory, with the paths of files, also of those
// unknown to the loader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pprof::sys {

// "55d0-55e0 r-xp 00001000 08:01 1234    /usr/bin/cat (deleted)"
struct MapsWords {
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;
  std::string_view permissions;
  std::string_view inode;  // "0": of no file
  std::string_view path;   // the rest of the line; may be empty
};

// False: the line is malformed. Thread safety: safe.
bool SplitMapsLine(std::string_view line, MapsWords* words);

// Takes the first line off the text. False: there is none. Thread safety: safe.
bool TakeMapsLine(std::string_view* maps, std::string_view* line);

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
