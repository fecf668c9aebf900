// The rules of an address, from its module's .eh_frame.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/fde_table.h"
#include "profiler/signal_safe/unwind/cfi/frame_rules.h"

namespace pprof::signal_safe {

// Parses the tables: about 1 us. `next`: the end of the addresses, from `pc` on, with the same
// rules; only set if there are any. Async-signal-safe.
NoRules ComputeRules(uintptr_t pc, const FdeTable& table, FrameRules* rules, uint64_t* next);

// The same for the function of one record. Async-signal-safe.
NoRules ComputeRules(uintptr_t pc, const uint8_t* record, FrameRules* rules, uint64_t* next);

// The start of the function that contains the address; 0: the table knows none.
// Async-signal-safe.
uintptr_t FunctionBegin(uintptr_t pc, const FdeTable& table);

}  // namespace pprof::signal_safe
