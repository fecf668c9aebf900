// What happened between two profiles of the same kind.
#pragma once

#include "profiler/model/profile.h"

namespace pprof::model {

// True when a difference makes sense: same profile, same columns.
bool SameKind(const Profile& a, const Profile& b);

// Totals of `later` minus totals of `earlier`; current values as they are in `later` (0 for a stack
// that is only in `earlier`). Samples are the same by addresses, mappings and labels; those that
// are all zero are left out, and so is what only they used. Times are `later`'s, the duration is
// the time between. REQUIRES: SameKind(later, earlier).
Profile Difference(const Profile& later, const Profile& earlier);

}  // namespace pprof::model
