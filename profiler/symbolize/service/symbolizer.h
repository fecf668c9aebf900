// Symbolizes many locations, one batch per module, with a cache of earlier results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/model/symbols.h"
#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

constexpr uint32_t kNoModule = UINT32_MAX;
// Code without a file, e.g. JIT-compiled: the offset is an address of this process.
constexpr uint32_t kJitCode = UINT32_MAX - 1;

// A code location: an offset in a module's file.
struct Location {
  uint32_t module = kNoModule;  // index in Batch::modules; kNoModule: no symbol
  uint64_t offset = 0;
};

struct Batch {
  std::vector<ModuleRef> modules;
  std::vector<Location> locations;  // in any order, may repeat
};

// The lines of each location, in the order of the locations. Those not looked up before the
// deadline get names from symbol tables, their module is marked incomplete, and a low-priority
// thread finishes them for the next call. Only results of full detail are cached. Errors: none; an
// unknown location has no lines. Thread safety: safe, one batch at a time.
// Not async-signal-safe: opens files, allocates, locks.
model::Symbols Symbolize(const Batch& batch, const BatchLimits& limits = {});

// Sets the cache limit in bytes, evicting at once; 0 disables the cache. Thread safety: safe.
// Not async-signal-safe: locks.
void SetCacheBytes(size_t bytes);

}  // namespace pprof::symbolize
