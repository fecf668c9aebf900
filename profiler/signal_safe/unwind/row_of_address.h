// Computes what the row cache keeps.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/frame_rules.h"
#include "profiler/signal_safe/unwind/cfi/unwind_row.h"

namespace pprof::signal_safe {

// Async-signal-safe.
bool IsInModule(uintptr_t address);

// The arguments are those of FindRow. Async-signal-safe.
UnwindRow RowOfAddress(uintptr_t address, uintptr_t pc);

// The row that the code at `pc` suggests, whatever the tables say; kNoEntry: none. Reads up to
// 1,000 instructions: 50 us. Async-signal-safe.
UnwindRow RowByCode(uintptr_t pc);

// All rules of an address, for rows of the rule kGeneral. False: it has none. Async-signal-safe.
bool RulesOfAddress(uintptr_t address, FrameRules* rules);

}  // namespace pprof::signal_safe
