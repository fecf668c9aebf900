// The values of a frame's registers, as far as they are known.
// Register numbers: System V ABI for x86-64, figure 3.36.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

namespace dwarf_register {
constexpr int kRax = 0;
constexpr int kRdx = 1;
constexpr int kRcx = 2;
constexpr int kRbx = 3;
constexpr int kRsi = 4;
constexpr int kRdi = 5;
constexpr int kRbp = 6;
constexpr int kRsp = 7;
constexpr int kR8 = 8;
constexpr int kR9 = 9;
constexpr int kR10 = 10;
constexpr int kR12 = 12;
constexpr int kR15 = 15;
constexpr int kReturnAddress = 16;  // also stands for the frame's own program counter
constexpr int kCount = 17;
}  // namespace dwarf_register

// Async-signal-safe.
struct RegisterFile {
  uint32_t known = 0;                        // a bit for each register
  uintptr_t values[dwarf_register::kCount];  // not initialized: only known ones are read

  bool Knows(uint64_t number) const {
    return number < dwarf_register::kCount && (known >> number & 1) != 0;
  }
  void Set(int number, uintptr_t value) {
    values[number] = value;
    known |= uint32_t{1} << number;
  }
  void Forget(int number) { known &= ~(uint32_t{1} << number); }
};

}  // namespace pprof::signal_safe
