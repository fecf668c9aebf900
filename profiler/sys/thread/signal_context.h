// Registers that the kernel saved when a signal interrupted a thread, by DWARF number.
// Source: System V ABI for x86-64, figure 3.36: 0 rax, 1 rdx, 2 rcx, 3 rbx, 4 rsi, 5 rdi, 6 rbp,
// 7 rsp, 8 to 15 r8 to r15, 16 the return address, here the program counter.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

constexpr int kContextRegisters = 17;

// The register's value. `ucontext`: a handler's third argument. Async-signal-safe.
uintptr_t ContextRegister(const void* ucontext, int dwarf_register);

// Offset of the register in the context, in bytes: for contexts found in a stack, which start at
// the stack pointer of the signal trampoline. Async-signal-safe.
size_t ContextOffset(int dwarf_register);

// A system call interrupted by a signal.
struct InterruptedCall {
  bool in_call;
  int64_t number;  // -1: the call returns EINTR, which has overwritten the number
  uint64_t arguments[6];
};

// `ucontext`: the handler's third argument. One system call. Signal handler only.
InterruptedCall CallInterrupted(const void* ucontext);

}  // namespace pprof::sys
