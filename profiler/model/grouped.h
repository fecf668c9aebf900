// A profile as its text form shows it: without the labels that tell single threads apart.
#pragma once

#include "profiler/model/profile.h"

namespace pprof::model {

// Drops Profile::labels_not_in_text and adds up the samples that are equal then.
// Thread safety: a function of its argument.
Profile GroupedForText(const Profile& profile);

}  // namespace pprof::model
