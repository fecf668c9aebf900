// A profile as shown in its text form: without the labels that distinguish single threads.
#pragma once

#include "profiler/model/profile.h"

namespace pprof::model {

// Drops the labels in Profile::labels_not_in_text and sums up samples that become equal.
// Thread safety: safe.
Profile GroupedForText(const Profile& profile);

}  // namespace pprof::model
