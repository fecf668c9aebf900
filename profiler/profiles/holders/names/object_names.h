// What the blocks on a way are called: by their class where they have a vtable, else by size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/profiles/holders/names/module_symbols.h"

namespace pprof::profiles::holders {

struct NamedObject {
  uint64_t size = 0;
  uint64_t first_word = 0;  // its vtable, if it has one
};

// "Session", "[96 B]", "[168 KiB]", in the order of the objects. Thread safety: safe. Not
// async-signal-safe: opens files, allocates.
std::vector<std::string> NameObjects(const ModuleSymbols& symbols,
                                     const std::vector<NamedObject>& objects);

}  // namespace pprof::profiles::holders
