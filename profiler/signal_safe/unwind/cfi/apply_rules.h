// From a frame's registers to its caller's, by all rules of the frame.
#pragma once

#include "profiler/signal_safe/unwind/cfi/expression.h"
#include "profiler/signal_safe/unwind/cfi/frame_rules.h"

namespace pprof::signal_safe {

// Fills `caller` with the registers that can be restored; the return address is in its place and
// always known. REQUIRES: the return address is not undefined. Async-signal-safe if `memory` is.
Evaluation ApplyRules(const FrameRules& rules, const RegisterFile& frame,
                      const MemoryReader& memory, RegisterFile* caller);

}  // namespace pprof::signal_safe
