// The start of a walk through interrupted code.
#pragma once

#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/thread/signal_context.h"

namespace pprof::signal_safe {

// Registers of the interrupted code. `ucontext`: the handler's third argument.
// Signal handler only.
inline Registers InterruptedRegisters(const void* ucontext) {
  const auto value_of = [ucontext](int number) { return sys::ContextRegister(ucontext, number); };
  Registers interrupted;
  interrupted.pc = value_of(dwarf_register::kReturnAddress);
  interrupted.sp = value_of(dwarf_register::kRsp);
  interrupted.rbp = value_of(dwarf_register::kRbp);
  interrupted.rbx = value_of(dwarf_register::kRbx);
  interrupted.context = reinterpret_cast<uintptr_t>(ucontext);
  return interrupted;
}

}  // namespace pprof::signal_safe
