// .debug_rnglists of any size: one contribution, that is the lists of one object file, at a time.
#pragma once

#include <cstdint>

#include "profiler/symbolize/elf/section_stream.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

// The lists of a large program take as much memory as half of its units; units ask for them in
// rising order, so a compressed section is decompressed once and only one contribution is kept.
// Ownership: borrows the file and the budget. Not thread-safe. Not signal-safe.
class RangeListSection {
 public:
  RangeListSection() = default;
  RangeListSection(const SectionData& section, TimeBudget* budget) : stream_(section, budget) {}

  // The bytes from `offset` to the end of the contribution it lies in, valid until the next call;
  // empty when it lies in none.
  sys::Bytes From(uint64_t offset);

  // All of it; for packages, which say themselves where a unit's part is.
  sys::Bytes All() { return stream_.Window(0, stream_.size()); }

 private:
  SectionStream stream_;
  uint64_t begin_ = 0;  // of the present contribution
  uint64_t end_ = 0;
};

}  // namespace pprof::symbolize
