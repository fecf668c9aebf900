// The registers that a walk starts from.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/register_file.h"

namespace pprof::signal_safe {

struct Registers {
  uintptr_t pc = 0;
  uintptr_t sp = 0;
  uintptr_t rbp = 0;
  uintptr_t rbx = 0;
  bool rbp_known = true;
  bool rbx_known = true;
  bool exact = true;      // pc is an interrupted instruction; otherwise one follows the other
  uintptr_t context = 0;  // address of the ucontext with all registers; 0: none
  const RegisterFile* others = nullptr;  // further registers, without a ucontext; nullptr: none
};

// The registers at the call site, since it is inlined. Async-signal-safe.
__attribute__((always_inline)) inline Registers CaptureRegisters() {
  Registers here;
  // One statement: the address and the stack pointer must belong to the same instruction.
  __asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2\n\tmovq %%rbx, %3"
                   : "=&r"(here.pc), "=&r"(here.sp), "=&r"(here.rbp), "=&r"(here.rbx));
  here.exact = false;
  return here;
}

// The registers that calls preserve, besides those of CaptureRegisters. Async-signal-safe.
__attribute__((always_inline)) inline void CapturePreserved(RegisterFile* file) {
  uintptr_t* values = file->values + dwarf_register::kR12;
  __asm__ volatile(
      "movq %%r12, 0(%0)\n\tmovq %%r13, 8(%0)\n\tmovq %%r14, 16(%0)\n\tmovq %%r15, 24(%0)"
      :
      : "r"(values)
      : "memory");
  file->known = 0xF << dwarf_register::kR12;
}

}  // namespace pprof::signal_safe
