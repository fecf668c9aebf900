// Go's full goroutine dump (debug=2), for threads: one block each, which panicparse reads.
// Source of the form: runtime/traceback.go, goroutineheader and traceback.
#pragma once

#include <iosfwd>

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// Errors: kUnsupported when the profile has no notes of threads; the last write's.
Status WriteDump(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

}  // namespace pprof::encode
