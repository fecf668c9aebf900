// Runs a search where it does no harm: on a profiler thread of the lowest priority, one at a time.
#pragma once

#include <functional>

#include "pprof/status.h"

namespace pprof::profiles::holders {

// Returns what `body` returns; the caller waits. Errors: kUnavailable while another search runs;
// kInternal when there is no thread, or `body` throws. Thread safety: safe. Not async-signal-safe.
Status RunOneSearch(const std::function<Status()>& body);

}  // namespace pprof::profiles::holders
