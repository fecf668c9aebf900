// Dynamic symbols of a module as it is loaded, for when its file is gone, replaced, or never was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/symbolize/dwarf/pending_location.h"
#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/string_pool.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

// Where the image that holds `address` has its segments; empty when no image does, or when it is
// another build than `build_id` (both known). Not signal-safe: takes the loader's lock.
std::vector<ElfSegment> LoadedSegments(uint64_t address, const std::string& build_id);

// Offers its dynamic symbols to the locations, whose addresses are those of the file. Copies
// nothing but names. Not signal-safe: takes the loader's lock, for some milliseconds in large
// libraries.
void MatchLoadedSymbols(uint64_t address, const std::string& build_id, TimeBudget& budget,
                        PendingLocations& locations, StringPool& strings);

}  // namespace pprof::symbolize
