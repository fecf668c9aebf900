#include <ucontext.h>

#include <cerrno>

#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/thread/signal_context.h"

namespace pprof::sys {
namespace {

constexpr int kGregs[kContextRegisters] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                           REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                           REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};

int64_t GregOf(const void* ucontext, int greg) {
  return static_cast<const ucontext_t*>(ucontext)->uc_mcontext.gregs[greg];
}

}  // namespace

uintptr_t ContextRegister(const void* ucontext, int dwarf_register) {
  return static_cast<uintptr_t>(GregOf(ucontext, kGregs[dwarf_register]));
}

size_t ContextOffset(int dwarf_register) {
  return offsetof(ucontext_t, uc_mcontext.gregs) +
         sizeof(greg_t) * static_cast<size_t>(kGregs[dwarf_register]);
}

// The kernel leaves one of two traces (arch/x86/kernel/signal.c, handle_signal): for a call that
// will be restarted the program counter is at the `syscall` instruction, with the number in rax
// again; for one that will not, it is after that instruction and rax is -EINTR.
InterruptedCall CallInterrupted(const void* ucontext) {
  InterruptedCall call{false, -1, {}};
  uint16_t code[2];  // before and after the program counter
  constexpr uint16_t kSyscall = 0x050F;
  const auto pc = static_cast<uintptr_t>(GregOf(ucontext, REG_RIP));
  if (!ReadOwnMemory(pc - sizeof code[0], code, sizeof code)) return call;
  const bool broken_off = GregOf(ucontext, REG_RAX) == -EINTR && code[0] == kSyscall;
  const bool made_again = !broken_off && code[1] == kSyscall;
  if (!broken_off && !made_again) return call;
  call.in_call = true;
  if (made_again) call.number = GregOf(ucontext, REG_RAX);
  constexpr int kArguments[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
  for (int i = 0; i < 6; ++i) {
    call.arguments[i] = static_cast<uint64_t>(GregOf(ucontext, kArguments[i]));
  }
  return call;
}

}  // namespace pprof::sys
