// Writes a profile in the formats that clients read. `symbols` are the profile's.
//
// Thread safety: safe. Errors: kInternal when a write fails.
#pragma once

#include <iosfwd>

#include "pprof/status.h"
#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// Gzipped profile.proto, for `pprof` and scrapers. Streams: besides input and output it uses less
// than 1 MiB for 25,000 locations and 8,000 functions (the string numbers, zlib's 256 KB, two
// buffers of 64 KB).
Status WriteProto(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

// Text in the form of Go's debug=1, followed by the memory map, so that pprof and google-pprof can
// read it.
Status WriteText(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

// Go's full goroutine dump (debug=2) for threads, one block each, as panicparse reads it.
// Format: runtime/traceback.go, goroutineheader and traceback.
// Errors: kUnsupported when the profile has no thread notes.
Status WriteDump(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

}  // namespace pprof::encode
