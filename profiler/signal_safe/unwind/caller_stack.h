// The stack of the code that called a hook.
#pragma once

#include "profiler/signal_safe/unwind/tail_call.h"
#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {

// The application's frames, without the profiler's. Large: only for local variables of hooks.
// Async-signal-safe.
class CallerStack {
 public:
  // Walks the calling thread's stack and drops the frames before the return address `caller`.
  explicit CallerStack(void* caller);
  // The same, plus the function that tail-called the hook, if any.
  explicit CallerStack(const Caller& caller);

  const uintptr_t* pcs() const { return pcs_ + own_; }
  size_t depth() const { return depth_; }
  StackEnd end() const { return end_; }

 private:
  uintptr_t pcs_[kMaxStackDepth + kMaxOwnFrames];
  size_t own_ = 0;
  size_t depth_ = 0;
  StackEnd end_ = StackEnd::kBrokenFrame;
};

}  // namespace pprof::signal_safe
