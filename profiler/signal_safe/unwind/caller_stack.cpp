#include "profiler/signal_safe/unwind/caller_stack.h"

namespace pprof::signal_safe {

CallerStack::CallerStack(void* caller) {
  const UnwindResult unwound = UnwindOwnStack(pcs_, kMaxStackDepth + kMaxOwnFrames);
  while (own_ < unwound.depth && pcs_[own_] != reinterpret_cast<uintptr_t>(caller)) ++own_;
  if (own_ == unwound.depth || own_ > kMaxOwnFrames) {
    // The walk did not get past the profiler's frames: keep at least the caller.
    own_ = 0;
    pcs_[0] = reinterpret_cast<uintptr_t>(caller);
    depth_ = 1;
    end_ = unwound.end;
    return;
  }
  depth_ = unwound.depth - own_;
  end_ = unwound.end;
  if (depth_ <= kMaxStackDepth) return;
  depth_ = kMaxStackDepth;
  end_ = StackEnd::kTruncated;
}

}  // namespace pprof::signal_safe
