// What instructions do to the stack pointer, rbp and rbx, relative to their values at the start.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/code/instruction.h"

namespace pprof::signal_safe {

// A value that is known relative to the start. Async-signal-safe.
struct SymbolicValue {
  enum Kind : uint8_t {
    kLost,
    kRsp,       // rsp at the start + offset
    kRbp,       // rbp at the start + offset
    kRbx,       // rbx at the start
    kInMemory,  // the word that was at the address rsp at the start + offset
    kAtRbp,     // the word that was at the address rbp at the start + offset
  };
  Kind kind = kLost;
  int32_t offset = 0;

  bool is_address() const { return kind == kRsp || kind == kRbp; }
  bool operator==(const SymbolicValue& other) const {
    return kind == other.kind && offset == other.offset;
  }
};

// Async-signal-safe.
class StackEffect {
 public:
  // Applies one instruction other than a jump or a return.
  void Apply(const Instruction& instruction);
  // What a call of the next instruction leaves: its return address is on the stack.
  void PushReturnAddress() { Push({}); }
  void DropWords(int count) {
    for (int i = 0; i < count; ++i) Pop();
  }

  const SymbolicValue& rsp() const { return rsp_; }
  const SymbolicValue& rbp() const { return rbp_; }
  const SymbolicValue& rbx() const { return rbx_; }

 private:
  // A word on the stack that was written meanwhile. Older ones are forgotten: a function saves each
  // register once.
  struct Written {
    SymbolicValue address;
    SymbolicValue value;
  };

  void ApplyOneByte(const Instruction& instruction);
  void ApplyGroup(const Instruction& instruction);
  void AddImmediate(const Instruction& instruction);
  void Move(const Instruction& instruction, int to, int from);
  void MoveMemory(const Instruction& instruction, bool load);
  void LoadAddress(const Instruction& instruction);
  void Leave();
  void Push(SymbolicValue value);
  SymbolicValue Pop();
  void Store(SymbolicValue address, SymbolicValue value);
  SymbolicValue Load(SymbolicValue address) const;
  SymbolicValue AddressOf(const Instruction& instruction) const;
  SymbolicValue Get(int number) const;
  void Set(int number, SymbolicValue value);

  SymbolicValue rsp_{SymbolicValue::kRsp, 0};
  SymbolicValue rbp_{SymbolicValue::kRbp, 0};
  SymbolicValue rbx_{SymbolicValue::kRbx, 0};
  static constexpr int kMostWritten = 4;
  Written written_[kMostWritten];
  int next_written_ = 0;
};

}  // namespace pprof::signal_safe
