// Computes the unwind row of an address from its module's .eh_frame.
// Source: Linux Standard Base 5, sections 10.6 (.eh_frame) and 10.6.2 (.eh_frame_hdr).
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/unwind_row.h"

namespace pprof::signal_safe {

// Parses the tables: about 1 us. `header`: the module's .eh_frame_hdr. Returns CfaRule::kUnknown
// for addresses between functions and for unsupported rules. Async-signal-safe.
UnwindRow ComputeRow(uintptr_t pc, const uint8_t* header);

// Returns the entry of the function that holds the address; 0: the tables have none there.
// Async-signal-safe.
uintptr_t FunctionBegin(uintptr_t pc, const uint8_t* header);

}  // namespace pprof::signal_safe
