// What root words are called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/profiles/holders/names/module_symbols.h"
#include "profiler/profiles/holders/roots/program_roots.h"

namespace pprof::profiles::holders {

// A variable, a function's frame in a stack, a mapping: the root words that have one name.
struct Holder {
  std::string name;   // "reqctx::table", "Serve in thread 12 (worker)"
  std::string kind;   // "global", "thread_local", "stack", "register", "mapping"
  std::string place;  // "[global (demo_app .bss)]"
  uint64_t begin = 0;
  uint64_t end = 0;
};

// The holders of these root words, in their order; words of the same variable, frame or mapping
// have equal holders. One pass over the symbol tables of the modules concerned. Thread safety:
// safe. Not async-signal-safe: opens files, allocates.
std::vector<Holder> NameHolders(const ProgramRoots& program, const ModuleSymbols& symbols,
                                const std::vector<uint64_t>& words);

}  // namespace pprof::profiles::holders
