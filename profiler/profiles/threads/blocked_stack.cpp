#include "profiler/profiles/threads/blocked_stack.h"

#include "profiler/signal_safe/tables/stack_table.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/unwind_info.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles {
namespace {

using signal_safe::StackEnd;

constexpr size_t kCopyBytes = 16 * 1024;  // holds nearly every blocked stack

// The registers that hold a system call's arguments, by their DWARF numbers.
signal_safe::RegisterFile ArgumentsOf(const sys::TaskSyscall& call) {
  using namespace signal_safe::dwarf_register;  // NOLINT: numbers only
  constexpr int kOfArguments[] = {kRdi, kRsi, kRdx, kR10, kR8, kR8 + 1};
  signal_safe::RegisterFile file;
  for (int i = 0; call.number >= 0 && i < 6; ++i) file.Set(kOfArguments[i], call.arguments[i]);
  return file;
}

signal_safe::Registers RegistersOf(const sys::TaskSyscall& call,
                                   const signal_safe::RegisterFile& arguments) {
  signal_safe::Registers registers;
  registers.pc = call.pc;
  registers.sp = call.sp;
  registers.rbp_known = false;  // /proc does not have it
  registers.rbx_known = false;
  registers.others = &arguments;
  return registers;
}

}  // namespace

BlockedRead BlockedStackReader::Read(int32_t tid, BlockedStack* stack) {
  if (!sys::ThreadCpuNanos(tid, &stack->cpu_nanos)) return BlockedRead::kGone;
  const sys::TaskRead read = sys::ReadTaskSyscall(tid, &stack->call);
  if (read == sys::TaskRead::kGone) return BlockedRead::kGone;
  if (read == sys::TaskRead::kRefused) return BlockedRead::kRefused;
  if (!stack->call.in_kernel) return BlockedRead::kRunning;
  copy_.resize(kCopyBytes / sizeof copy_[0]);
  copied_ = sys::CopyOwnMemory(stack->call.sp, copy_.data(), kCopyBytes);
  if (copied_ != 0) Unwind(stack);
  uint64_t cpu_after = 0;
  if (!sys::ThreadCpuNanos(tid, &cpu_after)) return BlockedRead::kGone;
  if (cpu_after != stack->cpu_nanos) return BlockedRead::kRunning;
  if (copied_ == 0) return BlockedRead::kRefused;
  return stack->pcs.empty() ? BlockedRead::kRunning : BlockedRead::kOk;
}

// No stack can be walked while another thread unloads a module: retry.
signal_safe::UnwindResult BlockedStackReader::Walk(const signal_safe::Registers& from,
                                                   std::vector<uintptr_t>* pcs) {
  constexpr int kTries = 200;
  signal_safe::UnwindResult result;
  pcs->resize(signal_safe::kMaxStackDepth);
  const signal_safe::StackCopy copy{copy_.data(), copied_, more_.Reader()};
  for (int i = 0; i < kTries && result.depth == 0; ++i) {
    if (i > 0) sys::Yield();
    result = signal_safe::UnwindCopy(from, copy, pcs->data(), pcs->size());
  }
  pcs->resize(result.depth);
  return result;
}

void BlockedStackReader::Unwind(BlockedStack* stack) {
  more_.Clear();
  const signal_safe::RegisterFile arguments = ArgumentsOf(stack->call);
  const signal_safe::UnwindResult result = Walk(RegistersOf(stack->call, arguments), &stack->pcs);
  stack->end = result.end;
  if (result.complete() || result.truncated()) return;
  if (more_.is_exhausted()) {
    stack->end = StackEnd::kUnread;
  } else {
    UnwindWithGuessedRbp(stack);
  }
}

// Code with frame pointers needs rbp, which only the kernel knows, unless a function below saved
// it. Tries every word that could be the top frame's rbp (it points above itself and is followed by
// a return address); the one that leads to the end of the stack, or through the maximum number of
// frames, is right.
void BlockedStackReader::UnwindWithGuessedRbp(BlockedStack* stack) {
  constexpr size_t kWordsTried = 1024;
  constexpr int kWalksTried = 64;
  constexpr uintptr_t kLargestFrame = 1 << 20;
  const signal_safe::RegisterFile arguments = ArgumentsOf(stack->call);
  signal_safe::Registers registers = RegistersOf(stack->call, arguments);
  registers.rbp_known = true;
  const size_t words = copied_ / sizeof copy_[0];
  std::vector<uintptr_t> pcs;
  sys::UnwindInfo module;
  int walks = 0;
  for (size_t i = 0; i + 1 < words && i < kWordsTried && walks < kWalksTried; ++i) {
    registers.rbp = stack->call.sp + i * sizeof copy_[0];
    const bool points_up = copy_[i] > registers.rbp && copy_[i] - registers.rbp < kLargestFrame;
    if (!points_up || !sys::FindUnwindInfo(copy_[i + 1], &module)) continue;
    ++walks;
    const signal_safe::UnwindResult result = Walk(registers, &pcs);
    const bool leads_on = result.complete() || result.truncated();
    if (!leads_on || result.depth < stack->pcs.size()) continue;
    stack->pcs = std::move(pcs);
    stack->end = result.end;
    return;
  }
}

}  // namespace pprof::profiles
