// Symbolizes a Profile: the only file that knows both a Profile and the symbolizer.
#pragma once

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"
#include "profiler/symbolize/service/symbolizer.h"

namespace pprof {

// The lines of each location. Named frames have none; code outside every mapping has lines if a JIT
// compiler wrote a perf map. Takes milliseconds to seconds for new locations.
// Thread safety: safe. Not async-signal-safe.
model::Symbols SymbolsOf(const model::Profile& profile, const symbolize::BatchLimits& limits = {});

}  // namespace pprof
