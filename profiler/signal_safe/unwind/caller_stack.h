// The stack of the code that called one of our hooks.
#pragma once

#include "profiler/signal_safe/unwind/tail_call.h"
#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {

// The frames of the application, without our own. Large: lives on the stack of a hook only.
class CallerStack {
 public:
  // Walks the calling thread's stack and cuts the frames before the return address `caller`.
  // Signal-safe.
  explicit CallerStack(void* caller);
  // The same, with the function that jumped to the hook, if there is one.
  explicit CallerStack(const Caller& caller);

  const uintptr_t* pcs() const { return pcs_ + own_; }
  size_t depth() const { return depth_; }
  bool truncated() const { return truncated_; }

 private:
  uintptr_t pcs_[kMaxStackDepth + kMaxOwnFrames];
  size_t own_ = 0;
  size_t depth_ = 0;
  bool truncated_ = false;
};

}  // namespace pprof::signal_safe
