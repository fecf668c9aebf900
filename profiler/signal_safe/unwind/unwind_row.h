// One row of an unwind table: how to get from a frame to its caller. Packed into 64 bits, so that a
// cache slot can be written without a lock. Source: System V ABI for x86-64, section 3.7; DWARF 5,
// section 6.4.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// DWARF numbers of the tracked registers (System V ABI for x86-64, figure 3.36).
namespace dwarf_register {
constexpr int kRbx = 3;
constexpr int kRbp = 6;
constexpr int kRsp = 7;
constexpr int kR10 = 10;
constexpr int kReturnAddress = 16;
}  // namespace dwarf_register

// Location of the canonical frame address (the caller's stack pointer). On x86-64 the return
// address is always at CFA - 8, except in signal frames.
enum class CfaRule : uint8_t {
  kUnknown,     // unsupported rule: the walk ends
  kEndOfStack,  // the outermost frame: return address undefined
  kStack,       // rsp + offset
  kRbp,         // rbp + offset
  kRbx,         // rbx + offset: _dl_runtime_resolve
  kDerefRbp,    // *(rbp + offset): functions that realign their stack
  kR10,         // r10 + offset: the first instructions of functions that realign their stack
  kSignal,      // a signal trampoline: the interrupted registers are on the stack
};

// Location of the caller's rbp or rbx.
enum class Saved : uint8_t {
  kSame,     // untouched
  kAtCfa,    // at CFA + offset
  kAtRbp,    // at *rbp (functions that realign their stack)
  kUnknown,  // unsupported rule
};

struct SavedRegister {
  Saved rule = Saved::kSame;
  int32_t offset = 0;  // multiple of 8, -2048 .. 2040 in units of 8
};

struct UnwindRow {
  CfaRule cfa = CfaRule::kUnknown;
  int32_t offset = 0;  // 27 bits
  SavedRegister rbp;
  SavedRegister rbx;
};

// Bit fields of a packed row.
namespace row_bits {
constexpr int kOffsetBits = 27;
constexpr int kSavedBits = 12;

// The lowest bits. Async-signal-safe.
constexpr uint64_t Low(uint64_t value, int bits) { return value & ((uint64_t{1} << bits) - 1); }
// A signed value cut to a field. Async-signal-safe.
constexpr uint64_t Field(int64_t value, int bits) {
  return Low(static_cast<uint64_t>(value), bits);
}
// The signed value of a field. Async-signal-safe.
constexpr int32_t SignExtend(uint64_t field, int bits) {
  return static_cast<int32_t>(static_cast<int64_t>(field << (64 - bits)) >> (64 - bits));
}
// Whether a field holds the value exactly. Async-signal-safe.
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
}  // namespace row_bits

// Whether the row's numbers fit; one that does not is treated as unknown. Async-signal-safe.
constexpr bool FitsPacked(const UnwindRow& row) {
  return row_bits::Fits(row.offset, row_bits::kOffsetBits) && row.rbp.offset % 8 == 0 &&
         row.rbx.offset % 8 == 0 && row_bits::Fits(row.rbp.offset / 8, row_bits::kSavedBits) &&
         row_bits::Fits(row.rbx.offset / 8, row_bits::kSavedBits);
}

// Never 0: bit 63 marks a written row. Layout: 1 | 27 offset | 14 rbx | 14 rbp | 3 rule.
// Async-signal-safe.
constexpr uint64_t Pack(const UnwindRow& row) {
  return uint64_t{1} << 63 | row_bits::Field(row.offset, row_bits::kOffsetBits) << 31 |
         row_bits::PackSaved(row.rbx) << 17 | row_bits::PackSaved(row.rbp) << 3 |
         static_cast<uint64_t>(row.cfa);
}

// Async-signal-safe.
constexpr UnwindRow Unpack(uint64_t bits) {
  UnwindRow row;
  row.cfa = static_cast<CfaRule>(bits & 7);
  row.rbp = row_bits::UnpackSaved(bits >> 3);
  row.rbx = row_bits::UnpackSaved(bits >> 17);
  row.offset =
      row_bits::SignExtend(row_bits::Low(bits >> 31, row_bits::kOffsetBits), row_bits::kOffsetBits);
  return row;
}

}  // namespace pprof::signal_safe
