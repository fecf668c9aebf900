// The length of x86-64 instructions, and the parts that say what they do to the stack.
// Source: Intel 64 manual, volume 2, chapter 2 and appendix A; for XOP: AMD64 manual, volume 6.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::signal_safe {

// Async-signal-safe.
struct Instruction {
  // Maps of operation codes. Vector instructions of other maps have no effect on the stack.
  enum Map : uint8_t { kOneByte, k0F, kVector };
  static constexpr int kLongest = 15;

  uint8_t length = 0;
  Map map = kOneByte;
  uint8_t code = 0;
  uint8_t rex = 0;      // 0: none
  bool narrow = false;  // operands of 16 bits
  bool notrack = false;
  bool has_modrm = false;
  uint8_t modrm = 0;
  uint8_t sib = 0;
  int32_t displacement = 0;
  int64_t immediate = 0;

  bool wide() const { return (rex & 8) != 0; }
  int mod() const { return modrm >> 6; }
  // The register operand, and the register or the base of the other operand, with their REX bits.
  int reg() const { return (modrm >> 3 & 7) | (rex & 4) << 1; }
  int rm() const { return (modrm & 7) | (rex & 1) << 3; }
  // The operation code's extension.
  int extension() const { return modrm >> 3 & 7; }
  // The register in the low bits of the operation code.
  int code_register() const { return (code & 7) | (rex & 1) << 3; }

  bool rm_is_register() const { return mod() == 3; }
  bool rm_is_rip_relative() const { return mod() == 0 && (modrm & 7) == 5; }
  // The register of a memory operand without an index; -1: another kind of operand.
  int MemoryBase() const;
};

// The bytes that a ModRM byte says follow, itself included. `sib`: the byte after it.
// Async-signal-safe.
int ModrmLength(uint8_t modrm, uint8_t sib);

// False: no instruction, or it does not end within `size` bytes. Async-signal-safe.
bool Decode(const uint8_t* bytes, size_t size, Instruction* instruction);

}  // namespace pprof::signal_safe
