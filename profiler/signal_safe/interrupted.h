// The registers of the code that a signal interrupted, and the system call if it was in one.
#pragma once

#include <ucontext.h>

#include <cerrno>
#include <cstdint>

#include "profiler/signal_safe/unwind.h"
#include "profiler/sys/own_stack.h"

namespace pprof::signal_safe {

// `ucontext`: the handler's third argument. Only from a signal handler.
inline Registers InterruptedRegisters(const void* ucontext) {
  const auto& registers = static_cast<const ucontext_t*>(ucontext)->uc_mcontext.gregs;
  Registers interrupted;
  interrupted.pc = static_cast<uintptr_t>(registers[REG_RIP]);
  interrupted.sp = static_cast<uintptr_t>(registers[REG_RSP]);
  interrupted.rbp = static_cast<uintptr_t>(registers[REG_RBP]);
  interrupted.rbx = static_cast<uintptr_t>(registers[REG_RBX]);
  interrupted.r10 = static_cast<uintptr_t>(registers[REG_R10]);
  interrupted.r10_known = true;
  return interrupted;
}

// A system call that the signal broke off.
struct InterruptedCall {
  bool in_call;
  int64_t number;  // -1: the call sees EINTR, and the kernel has put that over its number
  uint64_t arguments[6];
};

// The kernel leaves two traces (arch/x86/kernel/signal.c, handle_signal): before a call that is
// made again the program counter stands on the `syscall` instruction, with the number in rax as for
// the first time; behind one that is not, rax is -EINTR. `ucontext`: the handler's third argument.
// Only from a signal handler. One system call.
inline InterruptedCall CallInterrupted(const void* ucontext) {
  const auto& registers = static_cast<const ucontext_t*>(ucontext)->uc_mcontext.gregs;
  InterruptedCall call{false, -1, {}};
  uint16_t code[2];  // before and behind the program counter
  constexpr uint16_t kSyscall = 0x050F;
  const auto pc = static_cast<uintptr_t>(registers[REG_RIP]);
  if (!sys::ReadOwnMemory(pc - sizeof code[0], code, sizeof code)) return call;
  const bool broken_off = registers[REG_RAX] == -EINTR && code[0] == kSyscall;
  const bool made_again = !broken_off && code[1] == kSyscall;
  if (!broken_off && !made_again) return call;
  call.in_call = true;
  if (made_again) call.number = registers[REG_RAX];
  constexpr int kArguments[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
  for (int i = 0; i < 6; ++i) call.arguments[i] = static_cast<uint64_t>(registers[kArguments[i]]);
  return call;
}

}  // namespace pprof::signal_safe
