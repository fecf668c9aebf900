// The stack of whoever called one of our hooks, interned.
#pragma once

#include "profiler/signal_safe/stack_table.h"
#include "profiler/signal_safe/tail_call.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind.h"

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

// The caller's stack with the labels in force. Never nullptr: the overflow entry at worst.
// Signal-safe.
template <class Entry, class CallerOrAddress>
Entry* CaptureStack(const CallerOrAddress& caller, StackTableOf<Entry>* table) {
  const CallerStack stack(caller);
  return table->Intern(stack.pcs(), stack.depth(), stack.truncated(), thread_state.label_set);
}

}  // namespace pprof::signal_safe
