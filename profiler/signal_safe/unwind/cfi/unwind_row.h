// One row of an unwind table in its common form: how to get from a frame to its caller. Packed into
// 64 bits, so that a cache slot can be written without a lock. Sources: System V ABI for x86-64,
// section 3.7; DWARF 5, section 6.4.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/register_file.h"

namespace pprof::signal_safe {

// Location of the canonical frame address (the caller's stack pointer). The return address is at
// CFA - 8, except with kSignal and kGeneral.
enum class CfaRule : uint8_t {
  kGeneral,     // rules that a row cannot hold: evaluate FrameRules
  kEndOfStack,  // the outermost frame: return address undefined
  kStack,       // rsp + offset
  kRbp,         // rbp + offset
  kRegister,    // base + offset: the first and the last instructions of some functions
  kDeref,       // *(base + offset) + addend: functions that realign their stack
  kSignal,      // a signal trampoline: the interrupted registers are on the stack
  kCode,        // base + offset, derived from the code of a function without unwind information
  kNoEntry,     // such a function whose code says nothing
  kNoModule,    // code outside all modules, e.g. JIT-compiled
};

// Location of the caller's rbp or rbx.
enum class Saved : uint8_t {
  kSame,   // untouched
  kAtCfa,  // at CFA + offset
  kAtRbp,  // at rbp + offset (functions that realign their stack)
  kLost,
};

struct SavedRegister {
  Saved rule = Saved::kSame;
  int32_t offset = 0;  // multiple of 8, -2048 .. 2047 in units of 8
};

struct UnwindRow {
  CfaRule cfa = CfaRule::kGeneral;
  uint8_t base = dwarf_register::kRsp;
  bool after_call = false;  // a call instruction ends right after the row's address
  int32_t offset = 0;       // 26 bits; 18 with kDeref
  int32_t addend = 0;       // 8 bits; only with kDeref
  SavedRegister rbp;
  SavedRegister rbx;
};

namespace row_bits {
constexpr int kOffsetBits = 26;
constexpr int kAddendBits = 8;  // of the offset's
constexpr int kSavedBits = 12;

// Bit fields of a packed row. Async-signal-safe.
constexpr uint64_t Low(uint64_t value, int bits) { return value & ((uint64_t{1} << bits) - 1); }
constexpr uint64_t Field(int64_t value, int bits) {
  return Low(static_cast<uint64_t>(value), bits);
}
constexpr int32_t SignExtend(uint64_t field, int bits) {
  return static_cast<int32_t>(static_cast<int64_t>(field << (64 - bits)) >> (64 - bits));
}
constexpr bool Fits(int64_t value, int bits) {
  return SignExtend(Field(value, bits), bits) == value;
}

// The same for saved registers. Async-signal-safe.
constexpr uint64_t PackSaved(SavedRegister saved) {
  return Field(saved.offset / 8, kSavedBits) << 2 | static_cast<uint64_t>(saved.rule);
}
constexpr SavedRegister UnpackSaved(uint64_t bits) {
  return {static_cast<Saved>(bits & 3), SignExtend(Low(bits >> 2, kSavedBits), kSavedBits) * 8};
}
constexpr bool FitsSaved(SavedRegister saved) {
  return saved.offset % 8 == 0 && Fits(saved.offset / 8, kSavedBits);
}
}  // namespace row_bits

// Whether the row's numbers fit; one that does not is treated as kGeneral. Async-signal-safe.
constexpr bool FitsPacked(const UnwindRow& row) {
  const bool deref = row.cfa == CfaRule::kDeref;
  return row_bits::Fits(row.offset, row_bits::kOffsetBits - (deref ? row_bits::kAddendBits : 0)) &&
         row_bits::Fits(row.addend, row_bits::kAddendBits) && (deref || row.addend == 0) &&
         row_bits::FitsSaved(row.rbp) && row_bits::FitsSaved(row.rbx);
}

// Never 0: bit 63 marks a written row. Layout: 1 | 26 offset | 14 rbx | 14 rbp | 1 after call |
// 4 base | 4 rule. Async-signal-safe.
constexpr uint64_t Pack(const UnwindRow& row) {
  int64_t offset = row.offset;
  if (row.cfa == CfaRule::kDeref) {
    offset = offset * (int64_t{1} << row_bits::kAddendBits) +
             static_cast<int64_t>(row_bits::Field(row.addend, row_bits::kAddendBits));
  }
  return uint64_t{1} << 63 | row_bits::Field(offset, row_bits::kOffsetBits) << 37 |
         row_bits::PackSaved(row.rbx) << 23 | row_bits::PackSaved(row.rbp) << 9 |
         uint64_t{row.after_call} << 8 | row_bits::Field(row.base, 4) << 4 |
         static_cast<uint64_t>(row.cfa);
}

// The rule of a packed row. Async-signal-safe.
constexpr CfaRule RuleOf(uint64_t bits) { return static_cast<CfaRule>(bits & 15); }

// Async-signal-safe.
constexpr UnwindRow Unpack(uint64_t bits) {
  UnwindRow row;
  row.cfa = RuleOf(bits);
  row.base = static_cast<uint8_t>(bits >> 4 & 15);
  row.after_call = (bits >> 8 & 1) != 0;
  row.rbp = row_bits::UnpackSaved(bits >> 9);
  row.rbx = row_bits::UnpackSaved(bits >> 23);
  row.offset =
      row_bits::SignExtend(row_bits::Low(bits >> 37, row_bits::kOffsetBits), row_bits::kOffsetBits);
  if (row.cfa == CfaRule::kDeref) {
    row.addend = row_bits::SignExtend(row_bits::Field(row.offset, row_bits::kAddendBits),
                                      row_bits::kAddendBits);
    row.offset >>= row_bits::kAddendBits;
  }
  return row;
}

}  // namespace pprof::signal_safe
