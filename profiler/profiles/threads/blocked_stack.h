// Reads the stack of a thread that waits in the kernel, without a signal: it does not wake the
// thread or interrupt a system call, and works for threads that block all signals.
//
// /proc gives its stack pointer and program counter; its stack is copied, as far as the walk needs
// it; its CPU clock, read before and after, shows whether it ran meanwhile.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/profiles/threads/stack_windows.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {

enum class BlockedRead {
  kOk,       // a consistent stack
  kRunning,  // it runs, or ran meanwhile: use a signal
  kGone,
  kRefused,  // /proc or copying memory is not permitted
};

struct BlockedStack {
  sys::TaskSyscall call;
  uint64_t cpu_nanos = 0;
  std::vector<uintptr_t> pcs;  // leaf first; the leaf is exact
  signal_safe::StackEnd end = signal_safe::StackEnd::kRoot;
};

// Reuses a buffer between threads. Thread safety: none. Not async-signal-safe: allocates.
class BlockedStackReader {
 public:
  BlockedRead Read(int32_t tid, BlockedStack* stack);

 private:
  void Unwind(BlockedStack* stack);
  signal_safe::UnwindResult Walk(const signal_safe::Registers& from, std::vector<uintptr_t>* pcs);
  void UnwindWithGuessedRbp(BlockedStack* stack);

  std::vector<uintptr_t> copy_;
  size_t copied_ = 0;  // bytes
  StackWindows more_;
};

}  // namespace pprof::profiles
