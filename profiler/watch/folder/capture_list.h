// The captures in a folder.
#pragma once

#include <string>
#include <vector>

#include "pprof/watch.h"
#include "profiler/sys/files/private_folder.h"

namespace pprof::watch {

// Oldest first. What is not a capture is left out. Thread safety: safe.
// Not async-signal-safe: allocates.
std::vector<CaptureInfo> ListCaptures(const sys::PrivateFolder& folder);

// Removes a capture: as a whole, whenever the process is killed. False: there is none.
bool RemoveCapture(const sys::PrivateFolder& folder, const std::string& name);

// Removes what killed processes could not remove any more. Not async-signal-safe: allocates.
void RemoveLeftovers(const sys::PrivateFolder& folder);

}  // namespace pprof::watch
