// A profile like that of a busy server: 100,000 samples of 30 frames, 25,000 locations, 8,000
// functions.
#pragma once

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::test {

// Built without freeing memory, so that later growth of the process is all in use.
model::Profile LargeProfile();
model::Symbols LargeSymbols(const model::Profile& profile);

}  // namespace pprof::test
