// Collected samples meet their names: the one place that knows both a Profile and the symbolizer.
#pragma once

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"
#include "profiler/symbolize/service/symbolizer.h"

namespace pprof {

// Lines of each location. Named frames have none; code outside of every mapping has some where a
// JIT compiler wrote a map of it.
// Thread safety: safe. Not signal-safe. Takes milliseconds to seconds when locations are new.
model::Symbols SymbolsOf(const model::Profile& profile, const symbolize::BatchLimits& limits = {});

}  // namespace pprof
