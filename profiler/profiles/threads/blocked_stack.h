// Reads the stack of a thread that waits in the kernel, without a signal: it does not wake the
// thread or interrupt a system call, and works for threads that block all signals.
//
// /proc gives its stack pointer and program counter; its stack is copied, as far as the walk needs
// it; its CPU clock, read before and after, shows whether it ran meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "profiler/profiles/threads/copied_stack.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {

enum class BlockedRead {
  kOk,       // a consistent stack
  kRunning,  // it runs, or ran meanwhile: use a signal
  kGone,
  kNoStack,  // a worker of the kernel that waits, or the main thread, which has ended
  kRefused,  // /proc or copying memory is not permitted
};

struct BlockedStack {
  sys::TaskSyscall call;
  uint64_t cpu_nanos = 0;
  std::vector<uintptr_t> pcs;  // leaf first; the leaf is exact
  std::vector<uintptr_t> sps;  // where the memory of each frame begins
  signal_safe::StackEnd end = signal_safe::StackEnd::kRoot;
};

// The system calls by which the reader inspects a thread of this process.
struct LiveTask {
  bool CpuNanos(int32_t tid, uint64_t* nanos) const { return sys::ThreadCpuNanos(tid, nanos); }
  sys::TaskRead ReadSyscall(int32_t tid, sys::TaskSyscall* call) const {
    return sys::ReadTaskSyscall(tid, call);
  }
  size_t CopyMemory(uintptr_t address, void* to, size_t bytes) const {
    return sys::CopyOwnMemory(address, to, bytes);
  }
};

// `Task`: LiveTask; tests supply a scripted one. Reuses a buffer between threads. Thread safety:
// none. Not async-signal-safe: allocates.
template <class Task>
class BlockedStackReaderOf {
 public:
  explicit BlockedStackReaderOf(Task task = Task()) : task_(std::move(task)) {}

  BlockedRead Read(int32_t tid, BlockedStack* stack) {
    if (!task_.CpuNanos(tid, &stack->cpu_nanos)) return BlockedRead::kGone;
    const sys::TaskRead read = task_.ReadSyscall(tid, &stack->call);
    if (read == sys::TaskRead::kGone) return BlockedRead::kGone;
    if (read == sys::TaskRead::kRefused) return BlockedRead::kRefused;
    if (stack->call.no_user_stack) return BlockedRead::kNoStack;
    if (!stack->call.in_kernel) return BlockedRead::kRunning;
    const auto copy = [this](uintptr_t address, void* to, size_t bytes) {
      return task_.CopyMemory(address, to, bytes);
    };
    const bool copied = copy_.Unwind(stack->call, copy, &stack->pcs, &stack->end);
    stack->sps = copy_.sps();
    uint64_t cpu_after = 0;
    if (!task_.CpuNanos(tid, &cpu_after)) return BlockedRead::kGone;
    if (cpu_after != stack->cpu_nanos) {
      stack->pcs.clear();  // of two moments
      return BlockedRead::kRunning;
    }
    if (!copied) return BlockedRead::kRefused;
    return stack->pcs.empty() ? BlockedRead::kRunning : BlockedRead::kOk;
  }

 private:
  Task task_;
  CopiedStack copy_;
};

using BlockedStackReader = BlockedStackReaderOf<LiveTask>;

}  // namespace pprof::profiles
