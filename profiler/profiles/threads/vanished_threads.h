// Threads that ended without notice, by a raw exit call.
#pragma once

#include <cstdint>
#include <vector>

namespace pprof::profiles {

// Releases the records of threads that no longer exist. `alive`: all threads, ascending.
// Thread safety: safe. Not async-signal-safe.
void DropVanishedThreads(const std::vector<int32_t>& alive);

}  // namespace pprof::profiles
