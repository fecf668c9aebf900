// The walk through another thread's stack, which is copied as far as the walk needs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/profiles/threads/stack_windows.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {

// Thread safety: none. Not async-signal-safe: allocates.
class CopiedStack {
 public:
  // The stack of a thread that waits in `call`, leaf first, and why it ends. False: none of its
  // memory can be copied.
  bool Unwind(const sys::TaskSyscall& call, const CopyMemory& copy, std::vector<uintptr_t>* pcs,
              signal_safe::StackEnd* end);

  // Where the memory of each frame of that stack begins, in the order of `pcs`.
  const std::vector<uintptr_t>& sps() const { return sps_; }

 private:
  using Pcs = std::vector<uintptr_t>;

  signal_safe::UnwindResult Walk(const signal_safe::Registers& from, Pcs* pcs, Pcs* sps);
  void UnwindWithGuessedRbp(const signal_safe::Registers& from, Pcs* pcs,
                            signal_safe::StackEnd* end);

  StackWindows windows_;
  std::vector<uintptr_t> sps_;
};

}  // namespace pprof::profiles
