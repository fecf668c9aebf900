// All rules of one frame: where its canonical frame address and its caller's registers are.
// Source: DWARF 5, section 6.4.1.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/register_file.h"

namespace pprof::signal_safe {

// Location of the caller's value of a register.
enum class RegisterRule : uint8_t {
  kUnspecified,    // untouched, as far as anybody knows
  kUndefined,      // lost; as the return address: there is no caller
  kSame,           // untouched
  kOffset,         // at CFA + value
  kValOffset,      // is CFA + value
  kRegister,       // in the register `value`
  kExpression,     // at the address that an expression computes
  kValExpression,  // is what an expression computes
};

// Why an address has no rules.
enum class NoRules : uint8_t {
  kNone,          // it has
  kNoEntry,       // no function of the table covers it
  kBadRecord,     // a record that ends early or contradicts itself
  kAugmentation,  // a kind of record that this unwinder does not know
  kReturnColumn,  // the return address is not in the column of this ABI
  kInstruction,   // an unknown call frame instruction
  kRemember,      // more remembered states than the interpreter keeps
};

// An expression is stored as the distance of its length from `base`, to keep the rules small: they
// are on the stack of signal handlers.
struct FrameRules {
  const uint8_t* base = nullptr;  // the function's record
  int64_t cfa_offset = 0;
  int32_t cfa_expression = 0;
  uint8_t cfa_register = 0;
  bool has_cfa = false;
  bool cfa_is_expression = false;
  bool signal_frame = false;  // the caller was interrupted and did not call
  RegisterRule rules[dwarf_register::kCount] = {};
  int32_t values[dwarf_register::kCount] = {};
};

}  // namespace pprof::signal_safe
