// .debug_rnglists, read one contribution (the lists of one object file) at a time.
#pragma once

#include <cstdint>

#include "profiler/symbolize/elf/section_stream.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

// The lists of a large program take half as much memory as its units. Units use them in rising
// order, so a compressed section is decompressed once and only one contribution is kept.
// Ownership: borrows the file and the budget. Thread safety: none. Not async-signal-safe.
class RangeListSection {
 public:
  RangeListSection() = default;
  RangeListSection(const SectionData& section, TimeBudget* budget) : stream_(section, budget) {}

  // The bytes from `offset` to the end of its contribution, valid until the next call; empty when
  // it is in none.
  sys::Bytes From(uint64_t offset);

  // All of it, for packages, whose index gives each unit's part.
  sys::Bytes All() { return stream_.Window(0, stream_.size()); }

 private:
  SectionStream stream_;
  uint64_t begin_ = 0;  // of the current contribution
  uint64_t end_ = 0;
};

}  // namespace pprof::symbolize
