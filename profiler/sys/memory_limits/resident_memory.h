// The resident memory of this process: the kernel's totals, and the parts of anonymous memory.
#pragma once

#include <cstdint>
#include <istream>
#include <string_view>
#include <vector>

namespace pprof::sys {

// In bytes, as the kernel counts them: anonymous memory, pages of files, shared memory.
struct ResidentTotals {
  uint64_t anonymous = 0;
  uint64_t files = 0;
  uint64_t shared = 0;
};

// From the text of /proc/self/status. False: the three numbers are not there.
bool ParseResidentTotals(std::istream& status, ResidentTotals* totals);

// False: /proc is not readable. Not async-signal-safe: opens a file, allocates.
bool ReadResidentTotals(ResidentTotals* totals);

struct AnonymousArea {
  // kModuleData: behind a file's own mapping, which is zeroed static data.
  enum class Kind { kBreak, kMainStack, kModuleData, kMapped };
  uintptr_t begin = 0;
  uintptr_t end = 0;
  Kind kind = Kind::kMapped;
};

// The readable anonymous areas in the text of /proc/self/maps, ascending. Malformed lines are
// skipped.
std::vector<AnonymousArea> ParseAnonymousAreas(std::string_view maps);

// Those of this process; empty when /proc is not readable.
// Not async-signal-safe: opens a file, allocates.
std::vector<AnonymousArea> ListAnonymousAreas();

// The bytes of whole pages from `begin` to `end` that are resident (mincore), added to `bytes`.
// False: a part is not mapped, or a sandbox denies the call; see errno. 4 ns a page.
// Async-signal-safe.
bool AddResidentBytes(uintptr_t begin, uintptr_t end, uint64_t* bytes);

}  // namespace pprof::sys
