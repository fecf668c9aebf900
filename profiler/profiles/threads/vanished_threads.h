// Threads that ended without a word, by a raw exit call.
#pragma once

#include <cstdint>
#include <vector>

namespace pprof::profiles {

// Gives back what is noted about threads that are not there any more. `alive`: all threads,
// ascending. Thread safety: safe.
void DropVanishedThreads(const std::vector<int32_t>& alive);

}  // namespace pprof::profiles
