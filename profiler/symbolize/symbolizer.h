// Names for all locations of a profile, in one batch a module: what the engine was asked before
// comes from a cache.
#pragma once

#include "profiler/model/profile.h"
#include "profiler/symbolize/engine.h"
#include "profiler/symbolize/symbols.h"

namespace pprof::symbolize {

// Thread safety: safe, one batch at a time. Not signal-safe: opens files, allocates, takes a lock.
// Errors: none; what has no name has no lines. Answers of less than full detail are not remembered.
Symbols Symbolize(const model::Profile& profile, const BatchLimits& limits = {});

}  // namespace pprof::symbolize
