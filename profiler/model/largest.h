// The largest samples of a profile, for readers that accept only so many.
#pragma once

#include <cstddef>

#include "profiler/model/profile.h"

namespace pprof::model {

// At most `most` samples (at least 1): those with the largest values of the type that readers show
// first, and the sum of all others as one with the frame "[smaller stacks]". Locations that none of
// them has are left out. Thread safety: safe.
Profile LargestSamples(const Profile& profile, size_t most);

}  // namespace pprof::model
