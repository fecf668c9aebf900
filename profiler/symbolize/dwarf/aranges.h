// .debug_aranges: maps addresses to units, where the compiler recorded it.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/symbolize/dwarf/pending_location.h"
#include "profiler/symbolize/elf/section_stream.h"

namespace pprof::symbolize {

// Offsets of units in .debug_info, sorted.
struct UnitIndex {
  std::vector<uint64_t> described;  // units whose addresses are all in the table
  std::vector<uint64_t> needed;     // those of them that contain wanted addresses
};

// Errors: a damaged table ends early; the rest counts as not described.
UnitIndex ReadAranges(SectionStream& aranges, const PendingLocations& locations);

}  // namespace pprof::symbolize
