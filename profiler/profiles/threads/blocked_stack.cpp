#include "profiler/profiles/threads/blocked_stack.h"

#include "profiler/signal_safe/tables/stack_table.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/unwind_info.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles {
namespace {

// 16 KiB hold nearly every blocked stack; 256 KiB hold 128 frames of almost any program.
constexpr size_t kCopyBytes[] = {16 * 1024, 256 * 1024};

signal_safe::Registers RegistersOf(const sys::TaskSyscall& call) {
  signal_safe::Registers registers;
  registers.pc = call.pc;
  registers.sp = call.sp;
  registers.rbp_known = false;  // /proc does not have it
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

// No stack can be walked while another thread unloads a module: retry.
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

// Code with frame pointers needs rbp, which only the kernel knows, unless a function below saved
// it. Tries every word that could be the top frame's rbp (it points above itself and is followed by
// a return address); the one that leads to the end of the stack, or through the maximum number of
// frames, is right.
bool BlockedStackReader::UnwindWithGuessedRbp(const sys::TaskSyscall& call, size_t copied,
                                              BlockedStack* stack) {
  constexpr size_t kWordsTried = 1024;
  constexpr int kWalksTried = 64;
  const size_t words = copied / sizeof copy_[0];
  std::vector<uintptr_t> pcs;
  int walks = 0;
  for (size_t i = 0; i + 1 < words && i < kWordsTried && walks < kWalksTried; ++i) {
    const uintptr_t address = call.sp + i * sizeof copy_[0];
    const bool points_up = copy_[i] > address && copy_[i] < call.sp + copied;
    if (!points_up || sys::FindUnwindTable(copy_[i + 1]) == nullptr) continue;
    ++walks;
    signal_safe::Registers registers = RegistersOf(call);
    registers.rbp = address;
    registers.rbp_known = true;
    const signal_safe::UnwindResult result = Walk(registers, copied, &pcs);
    const bool leads_on = result.complete || result.truncated;
    if (!leads_on || result.depth < stack->pcs.size()) continue;
    stack->pcs = std::move(pcs);
    stack->truncated = result.truncated;
    return true;
  }
  return false;
}

}  // namespace pprof::profiles
