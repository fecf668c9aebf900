// The registers of the code that a signal interrupted.
#pragma once

#include <ucontext.h>

#include "profiler/signal_safe/unwind.h"

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

}  // namespace pprof::signal_safe
