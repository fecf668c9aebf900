// Return addresses of a stack: the calling thread's own, an interrupted one, or a copied one.
//
// Uses the call frame information of the loaded modules (row_cache.cpp), and the code itself where
// there is none: no frame pointers, no lock, no allocation; no libgcc (crashes in a handler while
// other code throws), no libunwind (deadlocks with dlopen and takes over C++ exceptions). Every
// load is checked against the stack's bounds or made by the kernel, so that wrong unwind tables end
// the walk instead of the process.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/expression.h"
#include "profiler/signal_safe/unwind/registers.h"
#include "profiler/sys/thread/own_stack.h"

namespace pprof::signal_safe {

// Maximum frames per stack; deeper ones are cut towards the root.
constexpr size_t kMaxStackDepth = 128;

// Frames between the unwinder and the application: the hook, OnAlloc, and functions not inlined.
constexpr size_t kMaxOwnFrames = 12;  // 9 in a lock hook without inlining

// Why a stack has no further frame.
enum class StackEnd : uint8_t {
  kRoot,             // its last frame is the outermost one
  kTruncated,        // more frames than room
  kNoUnwindInfo,     // code without unwind information, whose callers are not found otherwise
  kUnknownRegister,  // depends on a register that the walk has not: see Registers
  kBrokenFrame,      // the unwind information leads to no caller
  kUnread,           // further memory of a copied stack is not read (blocked_stack.h)
};

// Async-signal-safe.
struct UnwindResult {
  size_t depth = 0;
  StackEnd end = StackEnd::kBrokenFrame;

  bool complete() const { return end == StackEnd::kRoot; }
  bool truncated() const { return end == StackEnd::kTruncated; }
};

// Return addresses of the calling thread, leaf first. pcs[0] is in this function, pcs[1] in its
// caller. Async-signal-safe.
UnwindResult UnwindOwnStack(uintptr_t* pcs, size_t max_depth);

// The stack of an interrupted context of the calling thread, within `bounds`. pcs[0] is `from.pc`
// itself. `sps`: nullptr, or room for the stack pointer of each frame, where its memory begins.
// Async-signal-safe.
UnwindResult UnwindFrom(const Registers& from, const sys::StackBounds& bounds, uintptr_t* pcs,
                        size_t max_depth, uintptr_t* sps = nullptr);

// A stack of which `size` bytes from `from.sp` on were copied to `bytes`.
struct StackCopy {
  const void* bytes;
  size_t size;
  MemoryReader more;  // reads the stack outside of the copy; load == nullptr: nothing does
};

// pcs[0] is `from.pc`. Depth 0: a module is being unloaded (module_gate.h).
// `sps` as above. Async-signal-safe if `more` is.
UnwindResult UnwindCopy(const Registers& from, const StackCopy& copy, uintptr_t* pcs,
                        size_t max_depth, uintptr_t* sps = nullptr);

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
