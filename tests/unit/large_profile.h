// A profile as a busy server has it: 100,000 samples of 30 frames, 25,000 locations, 8,000
// functions.
#pragma once

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::test {

// Made without anything being freed, so that a later growth of the process shows what was used.
model::Profile LargeProfile();
model::Symbols LargeSymbols(const model::Profile& profile);

}  // namespace pprof::test
