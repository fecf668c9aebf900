// The calling thread's stack as libgcc's unwinder sees it: what ours must agree with.
#pragma once

#include <unwind.h>

#include <cstddef>
#include <cstdint>

// The linker's names for the section of the function between glibc and a thread's own. Weak: a
// program without threads of ours has none; under the sanitizers it is empty.
extern "C" {
__attribute__((weak, visibility("hidden"))) extern const char __start_pprof_thread_entry[];
__attribute__((weak, visibility("hidden"))) extern const char __stop_pprof_thread_entry[];
}

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

  // Ours leaves it out.
  void DropThreadEntry() {
    size_t kept = 0;
    for (size_t i = 0; i < depth; ++i) {
      const bool entry = pcs[i] > reinterpret_cast<uintptr_t>(__start_pprof_thread_entry) &&
                         pcs[i] <= reinterpret_cast<uintptr_t>(__stop_pprof_thread_entry);
      if (!entry) pcs[kept++] = pcs[i];
    }
    depth = kept;
  }
};

}  // namespace pprof
