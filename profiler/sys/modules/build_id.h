// The build id of an ELF module, read from notes in memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

// An NT_GNU_BUILD_ID as lower-case hex; empty: none. A value; never allocates.
struct BuildId {
  // Linkers make at most 20 bytes (SHA-1); a longer id is treated as damage.
  static constexpr size_t kMaxBytes = 64;

  char hex[2 * kMaxBytes + 1] = "";

  bool empty() const { return hex[0] == '\0'; }
};

// The id in the notes of one PT_NOTE segment; `align` is its p_align. Reads at most `size` bytes,
// whatever the notes contain. Async-signal-safe.
BuildId BuildIdOfNotes(const unsigned char* notes, size_t size, size_t align);

}  // namespace pprof::sys
