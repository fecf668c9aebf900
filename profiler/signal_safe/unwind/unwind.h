// Return addresses of a stack: the calling thread's own, an interrupted one, or a copied one.
//
// Follows the call frame information of the loaded modules (row_cache.cpp); no frame pointers
// needed, no lock, no allocation, no libgcc (which crashes in a handler while other code throws),
// no libunwind (which deadlocks with dlopen and takes over C++ exceptions). Every load is bounded
// by the stack, so that wrong unwind tables end the walk instead of the process.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/sys/thread/own_stack.h"

namespace pprof::signal_safe {

// Frames that a stack keeps; deeper ones are cut towards the root.
constexpr size_t kMaxStackDepth = 128;

// Between the unwinder and the application's code: the hook, OnAlloc, and what is not inlined.
constexpr size_t kMaxOwnFrames = 12;  // 9 in a lock hook without inlining

// What a walk starts from.
struct Registers {
  uintptr_t pc = 0;
  uintptr_t sp = 0;
  uintptr_t rbp = 0;
  uintptr_t rbx = 0;
  uintptr_t r10 = 0;
  bool rbp_known = true;
  bool rbx_known = true;
  bool r10_known = false;  // only of interrupted code: calls do not preserve it
};

struct UnwindResult {
  size_t depth = 0;
  bool truncated = false;  // more frames than there was room for
  bool complete = false;   // the walk ended at the outermost frame, not at something unknown
};

// The registers at this very place. Inlined: they are the caller's own.
__attribute__((always_inline)) inline Registers CaptureRegisters() {
  Registers here;
  // One statement: the address and the stack pointer must belong to the same instruction.
  __asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2\n\tmovq %%rbx, %3"
                   : "=&r"(here.pc), "=&r"(here.sp), "=&r"(here.rbp), "=&r"(here.rbx));
  return here;
}

// Return addresses of the calling thread, the caller of this function's caller last; the first is
// in this function's caller. Signal-safe.
UnwindResult UnwindOwnStack(uintptr_t* pcs, size_t max_depth);

// The stack of an interrupted context of the calling thread, whose bounds are given: pcs[0] is
// `from.pc` itself, exact. Signal-safe.
UnwindResult UnwindFrom(const Registers& from, const sys::StackBounds& bounds, uintptr_t* pcs,
                        size_t max_depth);

// A stack whose bytes from `from.sp` on were copied to `copy`. pcs[0] is `from.pc`. Depth 0: a
// module is being unloaded right now (module_gate.h). Signal-safe.
UnwindResult UnwindCopy(const Registers& from, const void* copy, size_t copy_bytes, uintptr_t* pcs,
                        size_t max_depth);

// The beginning of the function that holds an address; 0: none does, or a module is being unloaded
// right now. Signal-safe.
uintptr_t FunctionOf(uintptr_t pc);

// The machine code of the function that stands between glibc and a thread's own function. Its frame
// is ours: walks leave it out.
struct CodeRange {
  uintptr_t begin;
  uintptr_t end;
};
// Signal-safe. Thread safety: safe; callers give the same range.
void SetThreadEntryCode(CodeRange range);
// Whether a return address is in that code. Signal-safe.
bool IsThreadEntry(uintptr_t pc);

// The bounds of this thread's stack, remembered after the first call. Signal-safe.
const sys::StackBounds& ThreadStackBounds();

}  // namespace pprof::signal_safe
