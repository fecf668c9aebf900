// Names for many locations in one batch a module: what the engine was asked before comes from a
// cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/model/symbols.h"
#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

constexpr uint32_t kNoModule = UINT32_MAX;
// Code without a file, as JIT compilers make it: the offset is an address of this process.
constexpr uint32_t kJitCode = UINT32_MAX - 1;

// Where code is: an offset in a module's file.
struct Location {
  uint32_t module = kNoModule;  // index in Batch::modules; kNoModule: has no name
  uint64_t offset = 0;
};

struct Batch {
  std::vector<ModuleRef> modules;
  std::vector<Location> locations;  // in any order, also several times the same
};

// The lines of each location, in the locations' order. What cannot be looked up before the deadline
// gets names from symbol tables, its module is marked incomplete, and a thread of lower priority
// finishes it for the next time. Thread safety: safe, one batch at a time. Not signal-safe: opens
// files, allocates, takes a lock. Errors: none; what has no name has no lines. Only answers of full
// detail are remembered.
model::Symbols Symbolize(const Batch& batch, const BatchLimits& limits = {});

// What the cache may take. Trims it at once; 0 remembers nothing. Thread safety: safe.
void SetCacheBytes(size_t bytes);

}  // namespace pprof::symbolize
