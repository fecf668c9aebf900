// Names for many places in one batch a module: what the engine was asked before comes from a cache.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/symbolize/engine.h"
#include "profiler/symbolize/symbols.h"

namespace pprof::symbolize {

constexpr uint32_t kNoModule = UINT32_MAX;

// One executable mapping that places are in.
struct Module {
  ModuleRef ref;
  // False: unloaded since. Only the cache is asked, as an engine reads the memory at the mapping,
  // where something else may be now.
  bool mapped = true;
};

// Where code is: an offset in a module's file.
struct Place {
  uint32_t module = kNoModule;  // index in Batch::modules; kNoModule: has no name
  uint64_t offset = 0;
};

struct Batch {
  std::vector<Module> modules;
  std::vector<Place> places;  // in any order, also several times the same
};

// The lines of each place, in the places' order.
// Thread safety: safe, one batch at a time. Not signal-safe: opens files, allocates, takes a lock.
// Errors: none; what has no name has no lines. Answers of less than full detail are not remembered.
Symbols Symbolize(const Batch& batch, const BatchLimits& limits = {});

}  // namespace pprof::symbolize
