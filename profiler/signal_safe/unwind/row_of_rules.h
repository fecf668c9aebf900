// Reduces rules to the common form of a row.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/frame_rules.h"
#include "profiler/signal_safe/unwind/cfi/unwind_row.h"

namespace pprof::signal_safe {

// What an expression amounts to: *(base + offset) + addend, or without `deref` base + offset.
struct ExpressionForm {
  int base = 0;
  bool deref = false;
  int64_t offset = 0;
  int64_t addend = 0;
};

// False: the expression has another form. `pc`: the frame's, on which expressions of procedure
// linkage tables depend. Async-signal-safe.
bool FormOfExpression(const uint8_t* expression, uintptr_t pc, ExpressionForm* form);

// The row of `rules` at `pc`; kGeneral if they do not fit. Async-signal-safe.
UnwindRow RowOfRules(const FrameRules& rules, uintptr_t pc);

}  // namespace pprof::signal_safe
