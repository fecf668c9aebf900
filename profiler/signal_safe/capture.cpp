#include "profiler/signal_safe/capture.h"

namespace pprof::signal_safe {

CallerStack::CallerStack(void* caller) {
  const UnwindResult unwound = UnwindOwnStack(pcs_, kMaxStackDepth + kMaxOwnFrames);
  while (own_ < unwound.depth && pcs_[own_] != reinterpret_cast<uintptr_t>(caller)) ++own_;
  if (own_ == unwound.depth || own_ > kMaxOwnFrames) {
    // The walk did not come past our own frames: the caller alone is still the truth.
    own_ = 0;
    pcs_[0] = reinterpret_cast<uintptr_t>(caller);
    depth_ = 1;
    truncated_ = true;
    return;
  }
  depth_ = unwound.depth - own_;
  truncated_ = depth_ > kMaxStackDepth || unwound.truncated;
  if (depth_ > kMaxStackDepth) depth_ = kMaxStackDepth;
}

CallerStack::CallerStack(const Caller& caller) : CallerStack(caller.return_address) {
  if (own_ == 0)
    return;  // the walk failed, or nothing is in front of the caller to be written over
  const uintptr_t tail_caller = FindTailCaller(caller);
  if (tail_caller == 0) return;
  pcs_[--own_] = tail_caller + 1;  // readers take one off a return address
  if (depth_ < kMaxStackDepth) {
    ++depth_;
  } else {
    truncated_ = true;
  }
}

}  // namespace pprof::signal_safe
