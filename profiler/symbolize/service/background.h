// Finishes what requests had no time for, so that the next one finds it in the cache.
#pragma once

#include <vector>

#include "profiler/symbolize/module/engine.h"
#include "profiler/symbolize/service/shared_state.h"

namespace pprof::symbolize {

struct BackgroundJob {
  ModuleRef module;
  std::vector<uint64_t> offsets;  // sorted, unique
};

// Starts a thread "pprof-symbols" of lower priority that looks the jobs up and ends. One at a time:
// nothing happens while one runs, nor once the process exits, nor when no thread can be started.
// What a module cannot finish within a minute stays as it is. Thread safety: safe.
void FinishInBackground(std::vector<BackgroundJob> jobs, const std::string& debug_root);

}  // namespace pprof::symbolize
