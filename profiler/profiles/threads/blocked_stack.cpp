#include "profiler/profiles/threads/blocked_stack.h"

#include <algorithm>

#include "profiler/profiles/threads/credible_stack.h"
#include "profiler/signal_safe/tables/stack_table.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles {
namespace {

// 16 KiB hold nearly every blocked stack; one more try holds 128 frames of almost any program.
constexpr size_t kCopyBytes[] = {size_t{16} * 1024, size_t{256} * 1024};

signal_safe::Registers RegistersOf(const sys::TaskSyscall& call) {
  signal_safe::Registers registers;
  registers.pc = call.pc;
  registers.sp = call.sp;
  registers.rbp_known = false;  // the kernel does not tell
  registers.rbx_known = false;
  return registers;
}

}  // namespace

BlockedRead BlockedStackReader::Read(int32_t tid, BlockedStack* stack) {
  if (!sys::ThreadCpuNanos(tid, &stack->cpu_nanos)) return BlockedRead::kGone;
  const sys::TaskRead read = sys::ReadTaskSyscall(tid, &stack->call);
  if (read == sys::TaskRead::kGone) return BlockedRead::kGone;
  if (read == sys::TaskRead::kRefused) return BlockedRead::kRefused;
  if (!stack->call.in_kernel) return BlockedRead::kRunning;
  for (const size_t bytes : kCopyBytes) {
    copy_.resize(bytes / sizeof copy_[0]);
    const size_t copied = sys::CopyOwnMemory(stack->call.sp, copy_.data(), bytes);
    uint64_t cpu_after = 0;
    if (!sys::ThreadCpuNanos(tid, &cpu_after)) return BlockedRead::kGone;
    if (cpu_after != stack->cpu_nanos) return BlockedRead::kRunning;
    if (copied == 0) return BlockedRead::kRefused;
    if (Unwind(stack->call, copied, stack) || copied < bytes) break;
  }
  return stack->pcs.empty() ? BlockedRead::kRunning : BlockedRead::kOk;
}

// While another thread unloads a module nothing can be walked: a moment later it can.
signal_safe::UnwindResult BlockedStackReader::Walk(const signal_safe::Registers& from,
                                                   size_t copied, std::vector<uintptr_t>* pcs) {
  constexpr int kTries = 200;
  signal_safe::UnwindResult result;
  pcs->resize(signal_safe::kMaxStackDepth);
  for (int i = 0; i < kTries && result.depth == 0; ++i) {
    if (i > 0) sys::Yield();
    result = signal_safe::UnwindCopy(from, copy_.data(), copied, pcs->data(), pcs->size());
  }
  pcs->resize(result.depth);
  return result;
}

// True: the walk needs no more bytes.
bool BlockedStackReader::Unwind(const sys::TaskSyscall& call, size_t copied, BlockedStack* stack) {
  const signal_safe::UnwindResult result = Walk(RegistersOf(call), copied, &stack->pcs);
  stack->truncated = result.truncated;
  return result.complete || result.truncated || UnwindWithGuessedRbp(call, copied, stack);
}

// Code with frame pointers needs the rbp that only the kernel has, unless a function on the way
// saved it. Every word that could be the top frame's rbp, since a return address stands beside it,
// is tried from the top frame on; the first that leads to a credible stack is right. The word
// itself tells little: the caller may have kept any value in rbp.
bool BlockedStackReader::UnwindWithGuessedRbp(const sys::TaskSyscall& call, size_t copied,
                                              BlockedStack* stack) {
  constexpr size_t kWordsTried = 1024;
  constexpr int kWalksTried = 128;
  const size_t words = std::min(copied / sizeof copy_[0], kWordsTried);
  const size_t known = stack->pcs.size();
  std::vector<uintptr_t> pcs;
  int walks = 0;
  for (size_t i = 0; known > 0 && i + 1 < words && walks < kWalksTried; ++i) {
    // Two at a time are a list of them, as a profiler leaves on a stack.
    if (!IsReturnAddress(copy_[i + 1]) || IsReturnAddress(copy_[i])) continue;
    ++walks;
    signal_safe::Registers registers = RegistersOf(call);
    registers.rbp = call.sp + i * sizeof copy_[0];
    registers.rbp_known = true;
    const signal_safe::UnwindResult result = Walk(registers, copied, &pcs);
    const bool leads_on = result.complete || result.truncated;
    if (!leads_on || !IsCredible(pcs, known, result.truncated)) continue;
    stack->pcs = std::move(pcs);
    stack->truncated = result.truncated;
    return true;
  }
  return false;
}

}  // namespace pprof::profiles
