// Writes a profile as gzipped profile.proto, for `pprof` and scrapers.
#pragma once

#include <iosfwd>

#include "pprof/status.h"
#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// Streams: besides input and output it uses less than 1 MiB for 25,000 locations and 8,000
// functions (the string numbers, zlib's 256 KB, two buffers of 64 KB). Thread safety: safe.
// Errors: kInternal when a write fails. REQUIRES: `symbols` are the profile's.
Status WriteProto(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

}  // namespace pprof::encode
