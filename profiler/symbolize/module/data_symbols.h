// Names of variables, from symbol tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

// The variable that an address is in.
struct DataSymbol {
  std::string linkage_name;  // empty: none
  uint64_t start = 0;        // as in the file; of a thread-local: in the module's block of them
  uint64_t size = 0;
  std::string section;  // e.g. ".bss"; empty: none, or a thread-local
};

enum class DataKind { kStatic, kThreadLocal };

// The variable at each address, local ones too; of several the smallest. Addresses are those of the
// file (offsets into its block for thread-locals), in any order. Also reads the module's debug
// file. Errors: none; a hostile file yields fewer results.
// Thread safety: safe, no shared state. Not async-signal-safe: opens files, allocates.
std::vector<DataSymbol> FindDataSymbols(const ModuleRef& module, DataKind kind,
                                        const std::vector<uint64_t>& addresses);

}  // namespace pprof::symbolize
