// Requests the stacks of running threads, one signal each: 32 in flight, 100 ms for all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pprof/status.h"
#include "profiler/signal_safe/hooks/on_dump_signal.h"

namespace pprof::profiles {

// Called once per thread. `slot` is nullptr if it did not answer; `why` then has the reason.
using SignalledVisitor =
    std::function<void(int32_t tid, const signal_safe::DumpSlot* slot, const std::string& why)>;

// Thread safety: safe, one call runs at a time. Not async-signal-safe.
// REQUIRES: the calling thread is not among `tids`. Errors: kConflict when no signal is available.
Status CollectSignalledStacks(const std::vector<int32_t>& tids, const SignalledVisitor& visit);

}  // namespace pprof::profiles
