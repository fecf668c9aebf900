// Reads the stack of a thread that waits in the kernel, without a signal: it does not wake the
// thread or interrupt a system call, and works for threads that block all signals.
//
// /proc gives its stack pointer and program counter; its stack is copied; its CPU clock, read
// before and after, shows whether it ran meanwhile.
#pragma once

#include <cstdint>
#include <vector>

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
  bool truncated = false;
};

// Reuses a buffer between threads. Thread safety: none. Not async-signal-safe: allocates.
class BlockedStackReader {
 public:
  BlockedRead Read(int32_t tid, BlockedStack* stack);

 private:
  signal_safe::UnwindResult Walk(const signal_safe::Registers& from, size_t copied,
                                 std::vector<uintptr_t>* pcs);
  bool Unwind(const sys::TaskSyscall& call, size_t copied, BlockedStack* stack);
  bool UnwindWithGuessedRbp(const sys::TaskSyscall& call, size_t copied, BlockedStack* stack);

  std::vector<uintptr_t> copy_;
};

}  // namespace pprof::profiles
