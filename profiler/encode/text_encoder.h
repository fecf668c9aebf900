// Writes a profile as text in the form of Go's debug=1, followed by the memory map, so that pprof
// and google-pprof can read it.
#pragma once

#include <iosfwd>

#include "pprof/status.h"
#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// Thread safety: safe. Errors: kInternal when a write fails. REQUIRES: `symbols` are the profile's.
Status WriteText(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

}  // namespace pprof::encode
