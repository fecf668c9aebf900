// Names from symbol tables: cheap, without files and lines.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/symbolize/byte_cursor.h"
#include "profiler/symbolize/elf_file.h"
#include "profiler/symbolize/string_pool.h"
#include "profiler/symbolize/target.h"
#include "profiler/symbolize/time_budget.h"

namespace pprof::symbolize {

// Offers every function symbol in `symbols` (an array of Elf64_Sym) to the targets it may cover.
// `sections` tell how far symbols without a size may reach; without them such symbols are left out.
// One pass, nothing is kept of the table. Errors: damaged entries are left out.
void MatchSymbols(Bytes symbols, Bytes names, const std::vector<ElfSection>& sections,
                  TimeBudget& budget, Targets& targets, StringPool& strings);

// The same for .symtab and .dynsym of a file.
void MatchSymbolsOf(const ElfFile& file, TimeBudget& budget, Targets& targets, StringPool& strings);

}  // namespace pprof::symbolize
