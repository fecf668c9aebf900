// The frame of a function without unwind information, derived from its code: follows the
// instructions from an address to the function's return, which shows where the return address is
// now. Works in prologues, epilogues, linkage table stubs and functions without frame pointers.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/fde_table.h"
#include "profiler/signal_safe/unwind/cfi/unwind_row.h"

namespace pprof::signal_safe {

// The row of the instruction at `address`, with the rule kCode; kNoEntry if the code says nothing.
// A guess: wrong where the code after a call is never reached. `table`: that of the module, to
// notice where other functions begin. At most 50 us. Async-signal-safe.
UnwindRow RowOfCode(uintptr_t address, const FdeTable& table);

}  // namespace pprof::signal_safe
