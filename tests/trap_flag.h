// The processor's trap flag: while it is set, each instruction is followed by a SIGTRAP.
#pragma once

#include <ucontext.h>

namespace pprof::stepping {

// Never inlined: the compiler must not move the stepped code across them. Thread safety: of the
// calling thread.
__attribute__((noinline)) inline void SetTrapFlag() {
  __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" : : : "memory", "cc");
}
__attribute__((noinline)) inline void ClearTrapFlag() {
  __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" : : : "memory", "cc");
}

// From the handler of SIGTRAP: the interrupted code goes on without steps.
inline void ClearTrapFlagOf(void* ucontext) {
  constexpr greg_t kTrapFlag = 0x100;
  static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
}

}  // namespace pprof::stepping
