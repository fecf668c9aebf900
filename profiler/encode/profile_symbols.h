// The names of a profile's locations.
#pragma once

#include "profiler/model/profile.h"
#include "profiler/symbolize/engine.h"
#include "profiler/symbolize/symbols.h"

namespace pprof::encode {

// Lines of each location. Named frames have none; code outside of every mapping has some where a
// JIT compiler wrote a map of it.
// Thread safety: safe. Not signal-safe. Takes milliseconds to seconds when places are new.
symbolize::Symbols SymbolsOf(const model::Profile& profile,
                             const symbolize::BatchLimits& limits = {});

}  // namespace pprof::encode
