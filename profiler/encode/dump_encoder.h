// Writes Go's full goroutine dump (debug=2) for threads, one block each, as panicparse reads it.
// Format: runtime/traceback.go, goroutineheader and traceback.
#pragma once

#include <iosfwd>

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// Errors: kUnsupported when the profile has no thread notes; kInternal when a write fails.
Status WriteDump(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

}  // namespace pprof::encode
