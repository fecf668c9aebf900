// Finishes look-ups that requests had no time for, so that the next request finds them cached.
#pragma once

#include <vector>

#include "profiler/symbolize/module/engine.h"
#include "profiler/symbolize/service/shared_state.h"

namespace pprof::symbolize {

struct BackgroundJob {
  ModuleRef module;
  std::vector<uint64_t> offsets;  // sorted, unique
};

// Starts a low-priority thread "pprof-symbols" that processes the jobs and ends. One at a time:
// does nothing while one runs, after process exit has begun, or when no thread can be started. A
// module that takes more than a minute is left incomplete. Thread safety: safe.
// Not async-signal-safe.
void FinishInBackground(std::vector<BackgroundJob> jobs, const std::string& debug_root);

}  // namespace pprof::symbolize
