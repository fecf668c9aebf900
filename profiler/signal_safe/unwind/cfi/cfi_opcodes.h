// DW_CFA_* (DWARF 5, table 7.29; the two GNU extensions: Linux Standard Base 5, section 10.5.2).
#pragma once

#include <cstdint>

namespace pprof::signal_safe::cfi_opcode {

enum : uint8_t {
  kNop = 0x00,
  kSetLoc = 0x01,
  kAdvance1 = 0x02,
  kAdvance2 = 0x03,
  kAdvance4 = 0x04,
  kOffsetExtended = 0x05,
  kRestoreExtended = 0x06,
  kUndefined = 0x07,
  kSameValue = 0x08,
  kRegister = 0x09,
  kRememberState = 0x0A,
  kRestoreState = 0x0B,
  kDefCfa = 0x0C,
  kDefCfaRegister = 0x0D,
  kDefCfaOffset = 0x0E,
  kDefCfaExpression = 0x0F,
  kExpression = 0x10,
  kOffsetExtendedSf = 0x11,
  kDefCfaSf = 0x12,
  kDefCfaOffsetSf = 0x13,
  kValOffset = 0x14,
  kValOffsetSf = 0x15,
  kValExpression = 0x16,
  kGnuArgsSize = 0x2E,
  kGnuNegativeOffsetExtended = 0x2F,
  kAdvance = 0x40,  // the upper two bits; the operand is in the others
  kOffset = 0x80,
  kRestore = 0xC0,
};

}  // namespace pprof::signal_safe::cfi_opcode
