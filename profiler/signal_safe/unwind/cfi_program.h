// Executes the call frame instructions of one function up to one address.
// Source: DWARF 5, section 6.4.2; register numbers: System V ABI for x86-64, figure 3.36.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi_reader.h"
#include "profiler/signal_safe/unwind/unwind_row.h"

namespace pprof::signal_safe {

// The contents of a CIE, shared by many functions.
struct CfiCommon {
  uint64_t code_alignment = 1;
  int64_t data_alignment = 1;
  uint8_t pointer_encoding = 0;
  bool has_augmentation = false;
  bool signal_frame = false;
  bool usable = false;
  const uint8_t* instructions = nullptr;
  const uint8_t* instructions_end = nullptr;
};

// The rules in effect at one address.
struct CfiState {
  CfaRule cfa = CfaRule::kUnknown;
  uint64_t cfa_register = 0;
  int64_t cfa_offset = 0;
  SavedRegister rbp;
  SavedRegister rbx;
  bool return_address_undefined = false;
};

// Advances `state` to the rules at `pc` of a function that starts at `start`. False: unsupported
// instruction. `initial`: the state after the CIE's instructions. Async-signal-safe.
bool RunCfi(const CfiCommon& common, CfiReader instructions, uint64_t start, uint64_t pc,
            const CfiState& initial, CfiState* state);

}  // namespace pprof::signal_safe
