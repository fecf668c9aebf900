// Executes the call frame instructions of one function up to one address.
// Source: DWARF 5, section 6.4.2.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/cfi_reader.h"
#include "profiler/signal_safe/unwind/cfi/frame_rules.h"

namespace pprof::signal_safe {

// The factors of a CIE's instructions.
struct CfiFactors {
  uint64_t code = 1;
  int64_t data = 1;
  uint8_t pointer_encoding = 0;
};

// A run of instructions for the addresses from `start` on, up to those for `pc`.
struct CfiProgram {
  CfiFactors factors;
  CfiReader instructions;
  uint64_t start = 0;
  uint64_t pc = 0;
};

// Changes `rules`, which hold `initial` on entry: the rules after the CIE's instructions. `next`:
// the address after `pc` from which other rules are in effect; unchanged if there is none.
// Async-signal-safe.
NoRules RunCfi(const CfiProgram& program, const FrameRules& initial, FrameRules* rules,
               uint64_t* next);

}  // namespace pprof::signal_safe
