// Dynamic symbols of a loaded module, for when its file is gone, replaced, or never existed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "profiler/symbolize/dwarf/pending_location.h"
#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/string_pool.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

// The segments of the image that contains `address`; empty if there is none, or it is another build
// than `build_id` (both known). Not async-signal-safe: takes the loader's lock.
std::vector<ElfSegment> LoadedSegments(uint64_t address, const std::string& build_id);

// Matches the image's dynamic symbols to the locations, whose addresses are those of the file.
// Not async-signal-safe: takes the loader's lock, for some milliseconds in large libraries.
void MatchLoadedSymbols(uint64_t address, const std::string& build_id, TimeBudget& budget,
                        PendingLocations& locations, StringPool& strings);

// Copies loaded code at `address` of this process; false when it cannot be read there. Reads
// through the loader where the system refuses process_vm_readv. Not async-signal-safe: takes the
// loader's lock.
bool CopyLoadedCode(uint64_t address, uint8_t* out, size_t size);

}  // namespace pprof::symbolize
