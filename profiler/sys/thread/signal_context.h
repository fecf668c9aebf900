// The registers that the kernel saved when a signal interrupted a thread, by their DWARF numbers.
// Source: System V ABI for x86-64, figure 3.36: 0 rax, 1 rdx, 2 rcx, 3 rbx, 4 rsi, 5 rdi, 6 rbp,
// 7 rsp, 8 to 15 r8 to r15, 16 the return address, here the program counter.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

constexpr int kContextRegisters = 17;

// `ucontext`: a handler's third argument. Signal-safe.
uintptr_t ContextRegister(const void* ucontext, int dwarf_register);

// Where that register stands in the context, in bytes from its begin: for contexts in the memory of
// a stack, which begin at the stack pointer of the signal trampoline. Signal-safe.
size_t ContextOffset(int dwarf_register);

// A system call that a signal broke off.
struct InterruptedCall {
  bool in_call;
  int64_t number;  // -1: the call sees EINTR, and the kernel has put that over its number
  uint64_t arguments[6];
};

// `ucontext`: a handler's third argument. One system call. Only from a signal handler.
InterruptedCall CallInterrupted(const void* ucontext);

}  // namespace pprof::sys
