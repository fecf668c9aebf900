// The calling thread's stack from libgcc's unwinder, the reference for the profiler's.
#pragma once

#include <unwind.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pprof {

struct LibgccStack {
  static constexpr size_t kMaxDepth = 1024;
  uintptr_t pcs[kMaxDepth];
  size_t depth = 0;

  // pcs[0] is in the function this is inlined into.
  __attribute__((always_inline)) void Capture() {
    depth = 0;
    _Unwind_Backtrace(
        [](_Unwind_Context* context, void* self) {
          auto* stack = static_cast<LibgccStack*>(self);
          const uintptr_t pc = _Unwind_GetIP(context);
          if (pc == 0 || stack->depth == kMaxDepth) return _URC_END_OF_STACK;
          stack->pcs[stack->depth++] = pc;
          return _URC_NO_REASON;
        },
        this);
  }

  // Removes the frames for which `unwanted` is true.
  void Drop(bool (*unwanted)(uintptr_t pc)) {
    depth = static_cast<size_t>(std::remove_if(pcs, pcs + depth, unwanted) - pcs);
  }
};

}  // namespace pprof
