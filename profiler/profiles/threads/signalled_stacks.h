// The stacks of running threads, asked for by a signal each: 32 in flight, 100 ms for all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pprof/status.h"
#include "profiler/signal_safe/hooks/on_dump_signal.h"

namespace pprof::profiles {

// Called once for each thread. `slot` is nullptr when it did not answer; `why` then says so.
using SignalledVisitor =
    std::function<void(int32_t tid, const signal_safe::DumpSlot* slot, const std::string& why)>;

// Thread safety: safe, one at a time. Not signal-safe. The calling thread must not be among `tids`.
// Errors: kConflict when no signal is free for it.
Status CollectSignalledStacks(const std::vector<int32_t>& tids, const SignalledVisitor& visit);

}  // namespace pprof::profiles
