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

// Matches every function symbol in `symbols` (an array of Elf64_Sym) to the locations it may cover.
// `sections` limit the reach of symbols without a size; without them such symbols are skipped. One
// pass; nothing of the table is kept. Errors: damaged entries are skipped.
void MatchSymbols(sys::Bytes symbols, sys::Bytes names, const std::vector<ElfSection>& sections,
                  TimeBudget& budget, PendingLocations& locations, StringPool& strings);

// The same for .symtab and .dynsym of a file.
void MatchSymbolsOf(const ElfFile& file, TimeBudget& budget, PendingLocations& locations,
                    StringPool& strings);

}  // namespace pprof::symbolize
