// .debug_abbrev, of which memory holds the table of the present unit only.
#pragma once

#include <cstdint>

#include "profiler/symbolize/dwarf/format/abbrev.h"
#include "profiler/symbolize/elf/section_stream.h"

namespace pprof::symbolize {

// The tables of a large program take megabytes; its units ask for them in rising order, so a
// compressed section is decompressed once. Where they go back and forth, as after link-time
// optimization, all of it is kept. Ownership: borrows the file and the budget. Not thread-safe.
class AbbrevSection {
 public:
  AbbrevSection(const SectionData& section, TimeBudget* budget)
      : stream_(section, budget), all_(section, budget) {}

  // As AbbrevTable::Parse.
  bool ParseInto(AbbrevTable& table, uint64_t offset, const Encoding& encoding);

  void Close() { stream_.Close(); }

 private:
  SectionStream stream_;
  LoadedSection all_;
  uint64_t last_ = 0;  // offset of the table that was asked for last
  bool went_back_ = false;
};

}  // namespace pprof::symbolize
