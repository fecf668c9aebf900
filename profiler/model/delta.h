// The difference between two profiles of the same kind.
#pragma once

#include "profiler/model/profile.h"

namespace pprof::model {

// True if the profiles can be subtracted: same name, same value types.
bool SameKind(const Profile& a, const Profile& b);

// kDifference values of `later` minus those of `earlier`; kAtEnd values of `later` (0 for a stack
// that is only in `earlier`). Samples match by addresses, mappings and labels. All-zero samples are
// dropped, with the locations only they used. Times are those of `later`; the duration is the time
// between the two. REQUIRES: SameKind(later, earlier).
Profile Difference(Profile later, const Profile& earlier);

}  // namespace pprof::model
