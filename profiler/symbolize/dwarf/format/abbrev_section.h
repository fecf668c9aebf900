// .debug_abbrev, with only the current unit's table in memory.
#pragma once

#include <cstdint>

#include "profiler/symbolize/dwarf/format/abbrev.h"
#include "profiler/symbolize/elf/section_stream.h"

namespace pprof::symbolize {

// The tables of a large program take megabytes. Units usually use them in rising order, so a
// compressed section is decompressed once; if a unit goes back, as after link-time optimization,
// the whole section is loaded. Ownership: borrows the file and the budget.
// Thread safety: none. Not async-signal-safe.
class AbbrevSection {
 public:
  AbbrevSection(const SectionData& section, TimeBudget* budget)
      : stream_(section, budget), all_(section, budget) {}

  // Like AbbrevTable::Parse.
  bool ParseInto(AbbrevTable& table, uint64_t offset, const Encoding& encoding);

  void Close() { stream_.Close(); }

 private:
  SectionStream stream_;
  LoadedSection all_;
  uint64_t last_ = 0;  // offset of the last table used
  bool went_back_ = false;
};

}  // namespace pprof::symbolize
