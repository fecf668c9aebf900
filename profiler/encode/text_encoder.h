// A profile as text for people, in the form of Go's debug=1, with the memory map at its end so that
// pprof and google-pprof read it too.
#pragma once

#include <iosfwd>

#include "pprof/status.h"
#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// Thread safety: safe. Errors: the first write that fails. REQUIRES: `symbols` are the profile's.
Status WriteText(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

}  // namespace pprof::encode
