#include "profiler/signal_safe/capture.h"

#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind.h"

namespace pprof::signal_safe {

StackEntry* CaptureStack(void* caller, StackTable* table) {
  const uint32_t labels = thread_state.label_set;
  uintptr_t pcs[kMaxStackDepth + kMaxOwnFrames];
  const UnwindResult unwound = UnwindOwnStack(pcs, kMaxStackDepth + kMaxOwnFrames);
  size_t own = 0;
  while (own < unwound.depth && pcs[own] != reinterpret_cast<uintptr_t>(caller)) ++own;
  if (own == unwound.depth || own > kMaxOwnFrames) {
    // The walk did not come past our own frames: the caller alone is still the truth.
    pcs[0] = reinterpret_cast<uintptr_t>(caller);
    return table->Intern(pcs, 1, true, labels);
  }
  size_t depth = unwound.depth - own;
  const bool too_deep = depth > kMaxStackDepth;
  if (too_deep) depth = kMaxStackDepth;
  return table->Intern(pcs + own, depth, too_deep || unwound.truncated, labels);
}

}  // namespace pprof::signal_safe
