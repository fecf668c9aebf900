// The stack of a thread that waits in the kernel, taken without a signal: nothing wakes it, no call
// of the application is interrupted, threads that block all signals have stacks too.
//
// /proc names its stack pointer and program counter; its stack is copied; its CPU clock, read
// before and after, says whether it stood still meanwhile.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {

enum class BlockedRead {
  kOk,       // the stack is that of one moment
  kRunning,  // it runs, or ran meanwhile: ask it by a signal
  kGone,
  kRefused,  // /proc or the copy is not allowed here
};

struct BlockedStack {
  sys::TaskSyscall call;
  uint64_t cpu_nanos = 0;
  std::vector<uintptr_t> pcs;  // leaf first, the leaf exact
  bool truncated = false;
};

// Keeps a buffer between threads. Thread safety: none. Not signal-safe: allocates.
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
