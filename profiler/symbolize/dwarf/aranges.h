// .debug_aranges: which units hold which addresses, where the compiler recorded that.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/symbolize/dwarf/pending_location.h"
#include "profiler/symbolize/elf/section_stream.h"

namespace pprof::symbolize {

// Offsets of units in .debug_info, sorted.
struct UnitIndex {
  std::vector<uint64_t> described;  // units whose addresses are all in the table
  std::vector<uint64_t> needed;     // those of them that hold wanted addresses
};

// Errors: damage ends the table early; what is behind counts as not described.
UnitIndex ReadAranges(SectionStream& aranges, const PendingLocations& locations);

}  // namespace pprof::symbolize
