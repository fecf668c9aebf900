// The captures in a folder.
#pragma once

#include <vector>

#include "pprof/watch.h"
#include "profiler/sys/files/private_folder.h"

namespace pprof::watch {

// Oldest first. What is not a capture is left out. Thread safety: safe.
// Not async-signal-safe: allocates.
std::vector<CaptureInfo> ListCaptures(const sys::PrivateFolder& folder);

}  // namespace pprof::watch
