// Return addresses of a stack: the calling thread's own, an interrupted one, or a copied one.
//
// Uses the call frame information of the loaded modules (row_cache.cpp): no frame pointers, no
// lock, no allocation; no libgcc (crashes in a handler while other code throws), no libunwind
// (deadlocks with dlopen and takes over C++ exceptions). Every load is checked against the stack's
// bounds, so that wrong unwind tables end the walk instead of the process.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/sys/thread/own_stack.h"

namespace pprof::signal_safe {

// Maximum frames per stack; deeper ones are cut towards the root.
constexpr size_t kMaxStackDepth = 128;

// Frames between the unwinder and the application: the hook, OnAlloc, and functions not inlined.
constexpr size_t kMaxOwnFrames = 12;  // 9 in a lock hook without inlining

// The registers that a walk starts from.
struct Registers {
  uintptr_t pc = 0;
  uintptr_t sp = 0;
  uintptr_t rbp = 0;
  uintptr_t rbx = 0;
  uintptr_t r10 = 0;
  bool rbp_known = true;
  bool rbx_known = true;
  bool r10_known = false;  // only for interrupted code: calls do not preserve it
};

struct UnwindResult {
  size_t depth = 0;
  bool truncated = false;  // more frames than room
  bool complete = false;   // ended at the outermost frame, not at an unknown one
};

// The registers at the call site, since it is inlined. Async-signal-safe.
__attribute__((always_inline)) inline Registers CaptureRegisters() {
  Registers here;
  // One statement: the address and the stack pointer must belong to the same instruction.
  __asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2\n\tmovq %%rbx, %3"
                   : "=&r"(here.pc), "=&r"(here.sp), "=&r"(here.rbp), "=&r"(here.rbx));
  return here;
}

// Return addresses of the calling thread, leaf first. pcs[0] is in this function, pcs[1] in its
// caller. Async-signal-safe.
UnwindResult UnwindOwnStack(uintptr_t* pcs, size_t max_depth);

// The stack of an interrupted context of the calling thread, within `bounds`. pcs[0] is `from.pc`
// itself, exact. Async-signal-safe.
UnwindResult UnwindFrom(const Registers& from, const sys::StackBounds& bounds, uintptr_t* pcs,
                        size_t max_depth);

// A stack whose bytes from `from.sp` on were copied to `copy`. pcs[0] is `from.pc`. Depth 0: a
// module is being unloaded (module_gate.h). Async-signal-safe.
UnwindResult UnwindCopy(const Registers& from, const void* copy, size_t copy_bytes, uintptr_t* pcs,
                        size_t max_depth);

// The machine code of the function that stands between glibc and a thread's own function. Its frame
// is ours: walks leave it out.
struct CodeRange {
  uintptr_t begin;
  uintptr_t end;
};
// Sets that range. Thread safety: safe; all callers pass the same range. Async-signal-safe.
void SetThreadEntryCode(CodeRange range);
// Whether a return address is in that range. Async-signal-safe.
bool IsThreadEntry(uintptr_t pc);

// The bounds of the calling thread's stack, cached by the first call. Async-signal-safe.
const sys::StackBounds& ThreadStackBounds();

}  // namespace pprof::signal_safe
