// Names from symbol tables: cheap, without files and lines.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/symbolize/dwarf/pending_location.h"
#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/string_pool.h"
#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

// Offers every function symbol in `symbols` (an array of Elf64_Sym) to the locations it may cover.
// `sections` tell how far symbols without a size may reach; without them such symbols are left out.
// One pass, nothing is kept of the table. Errors: damaged entries are left out.
void MatchSymbols(sys::Bytes symbols, sys::Bytes names, const std::vector<ElfSection>& sections,
                  TimeBudget& budget, PendingLocations& locations, StringPool& strings);

// The same for .symtab and .dynsym of a file.
void MatchSymbolsOf(const ElfFile& file, TimeBudget& budget, PendingLocations& locations,
                    StringPool& strings);

}  // namespace pprof::symbolize
