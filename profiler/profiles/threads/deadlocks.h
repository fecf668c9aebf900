// Threads that wait for each other.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/profiles/threads/thread_dump.h"
#include "profiler/profiles/threads/wait_reason.h"

namespace pprof::profiles {

// The threads of each cycle of waits, in order: A waits for B, B waits for A. A dump reads one
// thread after the other, so that threads which take turns with a lock may seem to wait for each
// other.
std::vector<std::vector<int32_t>> FindCycles(const std::vector<ThreadView>& threads,
                                             const std::vector<WaitReason>& reasons);

// The cycles that are there at one instant: looks at their threads again, twice. None ran between
// the two looks, so that all of them wait at the same time, and none can be the one to let go.
// Thread safety: safe. Not async-signal-safe: allocates, reads /proc.
std::vector<std::vector<int32_t>> FindDeadlocks(const std::vector<ThreadView>& threads,
                                                const std::vector<WaitReason>& reasons);

}  // namespace pprof::profiles
