#include "profiler/signal_safe/unwind/code/stack_effect.h"

#include "profiler/signal_safe/unwind/cfi/register_file.h"

namespace pprof::signal_safe {
namespace {

// The machine's numbers of registers, which differ from DWARF's.
constexpr int kMachineRbx = 3;
constexpr int kMachineRsp = 4;
constexpr int kMachineRbp = 5;

SymbolicValue Plus(SymbolicValue value, int64_t offset) {
  const int64_t sum = value.offset + offset;
  if (!value.is_address() || sum != static_cast<int32_t>(sum)) return {};
  return {value.kind, static_cast<int32_t>(sum)};
}

}  // namespace

void StackEffect::Apply(const Instruction& instruction) {
  if (instruction.map == Instruction::kOneByte) return ApplyOneByte(instruction);
  if (instruction.map != Instruction::k0F) return;
  // Conditional moves, multiplications and extensions write their register operand.
  const uint8_t code = instruction.code;
  const bool writes = (code & 0xF0) == 0x40 || code == 0xAF || (code & 0xF6) == 0xB6;
  if (writes) Set(instruction.reg(), {});
}

void StackEffect::ApplyOneByte(const Instruction& in) {
  const uint8_t code = in.code;
  if ((code & 0xF8) == 0x50) return Push(Get(in.code_register()));
  if ((code & 0xF8) == 0x58) return Set(in.code_register(), Pop());
  if ((code & 0xF8) == 0xB8) return Set(in.code_register(), {});
  // add, or, adc, sbb, and, sub, xor with two operands; not cmp.
  if (code < 0x38 && (code & 7) == 1 && in.rm_is_register()) return Set(in.rm(), {});
  if (code < 0x38 && (code & 7) == 3) return Set(in.reg(), {});
  switch (code) {
    case 0x63:  // movsxd
    case 0x69:  // imul
    case 0x6B:
      return Set(in.reg(), {});
    case 0x68:
    case 0x6A:
    case 0x9C:
      return Push({});
    case 0x9D:
      Pop();
      return;
    case 0x89:
      return in.rm_is_register() ? Move(in, in.rm(), in.reg()) : MoveMemory(in, false);
    case 0x8B:
      return in.rm_is_register() ? Move(in, in.reg(), in.rm()) : MoveMemory(in, true);
    case 0x8D:
      return LoadAddress(in);
    case 0xC9:
      return Leave();
    case 0xC8:  // enter
      rsp_ = {};
      return;
    default:
      return ApplyGroup(in);
  }
}

// Operation codes that name the operation in the ModRM byte.
void StackEffect::ApplyGroup(const Instruction& in) {
  switch (in.code) {
    case 0x81:
    case 0x83:
      return AddImmediate(in);
    case 0x8F:
      Pop();
      if (in.rm_is_register()) Set(in.rm(), {});
      return;
    case 0x87:  // xchg
      Set(in.reg(), {});
      if (in.rm_is_register()) Set(in.rm(), {});
      return;
    case 0xFF:
      if (in.extension() == 6) return Push({});
      if (in.extension() < 2 && in.rm_is_register()) Set(in.rm(), {});
      return;
    case 0xC1:
    case 0xC7:
    case 0xD1:
    case 0xD3:
      if (in.rm_is_register()) Set(in.rm(), {});
      return;
    default:
      return;
  }
}

void StackEffect::AddImmediate(const Instruction& in) {
  constexpr int kAdd = 0;
  constexpr int kSubtract = 5;
  constexpr int kCompare = 7;
  if (!in.rm_is_register() || in.extension() == kCompare) return;
  SymbolicValue result;
  if (in.wide() && in.extension() == kAdd) result = Plus(Get(in.rm()), in.immediate);
  if (in.wide() && in.extension() == kSubtract) result = Plus(Get(in.rm()), -in.immediate);
  Set(in.rm(), result);
}

void StackEffect::Move(const Instruction& in, int to, int from) {
  Set(to, in.wide() ? Get(from) : SymbolicValue{});
}

void StackEffect::MoveMemory(const Instruction& in, bool load) {
  const SymbolicValue address = AddressOf(in);
  if (load) {
    Set(in.reg(), in.wide() ? Load(address) : SymbolicValue{});
  } else if (address.is_address()) {
    Store(address, in.wide() ? Get(in.reg()) : SymbolicValue{});
  }
}

void StackEffect::LoadAddress(const Instruction& in) {
  Set(in.reg(), in.wide() ? AddressOf(in) : SymbolicValue{});
}

void StackEffect::Leave() {
  rsp_ = rbp_;
  rbp_ = Pop();
}

void StackEffect::Push(SymbolicValue value) {
  rsp_ = Plus(rsp_, -8);
  if (rsp_.is_address()) Store(rsp_, value);
}

SymbolicValue StackEffect::Pop() {
  const SymbolicValue value = Load(rsp_);
  rsp_ = Plus(rsp_, 8);
  return value;
}

void StackEffect::Store(SymbolicValue address, SymbolicValue value) {
  for (Written& written : written_) {
    if (written.address == address) written = {address, value};
  }
  if (Load(address) == value) return;
  if (value.kind == SymbolicValue::kLost) return;
  written_[next_written_] = {address, value};
  next_written_ = (next_written_ + 1) % kMostWritten;
}

SymbolicValue StackEffect::Load(SymbolicValue address) const {
  for (const Written& written : written_) {
    if (address.is_address() && written.address == address) return written.value;
  }
  if (address.kind == SymbolicValue::kRbp) return {SymbolicValue::kAtRbp, address.offset};
  // Below the stack pointer's start there was nothing of value.
  const bool in_memory = address.kind == SymbolicValue::kRsp && address.offset >= 0;
  return in_memory ? SymbolicValue{SymbolicValue::kInMemory, address.offset} : SymbolicValue{};
}

SymbolicValue StackEffect::AddressOf(const Instruction& in) const {
  const int base = in.MemoryBase();
  return base < 0 ? SymbolicValue{} : Plus(Get(base), in.displacement);
}

SymbolicValue StackEffect::Get(int number) const {
  switch (number) {
    case kMachineRsp:
      return rsp_;
    case kMachineRbp:
      return rbp_;
    case kMachineRbx:
      return rbx_;
    default:
      return {};
  }
}

void StackEffect::Set(int number, SymbolicValue value) {
  if (number == kMachineRsp) rsp_ = value;
  if (number == kMachineRbp) rbp_ = value;
  if (number == kMachineRbx) rbx_ = value;
}

}  // namespace pprof::signal_safe
