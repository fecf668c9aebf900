// A profile as gzipped profile.proto: what `pprof` and the scrapers read.
#pragma once

#include <iosfwd>

#include "pprof/status.h"
#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// Streams: beyond input and output it holds less than 1 MiB for 25,000 locations and 8,000
// functions (the string numbers, zlib's 256 KB, two buffers of 64 KB). Thread safety: safe. Errors:
// the first write that fails. REQUIRES: `symbols` are the profile's.
Status WriteProto(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out);

}  // namespace pprof::encode
