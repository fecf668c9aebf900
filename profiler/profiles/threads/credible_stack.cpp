#include "profiler/profiles/threads/credible_stack.h"

#include "profiler/signal_safe/unwind/cfi/unwind_table.h"
#include "profiler/signal_safe/unwind/code/return_address.h"
#include "profiler/signal_safe/unwind/module_gate.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/tail_call.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/unwind_info.h"

namespace pprof::profiles {
namespace {

bool IsInModule(uintptr_t address) {
  sys::UnwindInfo module;
  return sys::FindUnwindInfo(address, &module);
}

// 0: the tables have no function there.
uintptr_t FunctionOf(uintptr_t return_address) {
  sys::UnwindInfo module;
  const uintptr_t address = return_address - 1;
  if (!sys::FindUnwindInfo(address, &module) || module.header == nullptr) return 0;
  return signal_safe::FunctionBegin(address, signal_safe::TableOf(module.header));
}

enum class Calls {
  kIt,
  kSomething,  // through a register or a table
  kAnother,    // at a stale frame, and where the function that was called ended with a jump
};

// Compares the call before a return address with the function that the stack names as called.
Calls CallBefore(uintptr_t return_address, uintptr_t callee) {
  constexpr size_t kCallBytes = 6;  // of the forms that name a function
  uint8_t code[kCallBytes];
  if (!IsInModule(return_address) ||
      !sys::ReadOwnMemory(return_address - kCallBytes, code, kCallBytes)) {
    return Calls::kAnother;
  }
  const uintptr_t called = signal_safe::CalledFunction(code + kCallBytes, return_address);
  if (called == 0) return Calls::kSomething;
  const bool same = called == callee || signal_safe::BehindLinkage(called) == callee;
  return same ? Calls::kIt : Calls::kAnother;
}

// Whether the tables say that nothing called the function, as they do for those that the kernel
// starts. A walk also ends at a return address of 0; memory is full of zeros.
bool IsFirstFunction(uintptr_t return_address) {
  return signal_safe::FindRow(return_address - 1, return_address).cfa ==
         signal_safe::CfaRule::kEndOfStack;
}

}  // namespace

bool IsReturnAddress(uintptr_t address) {
  return IsInModule(address) && signal_safe::FollowsCall(address);
}

Credibility CredibilityOf(const std::vector<uintptr_t>& pcs, size_t known, bool truncated) {
  const signal_safe::ModulesStay modules;
  if (!modules.entered() || pcs.size() <= known) return Credibility::kNone;
  if (!truncated && !IsFirstFunction(pcs.back())) return Credibility::kNone;
  const uintptr_t guessed = FunctionOf(pcs[known - 1]);
  const Calls calls = CallBefore(pcs[known], guessed);
  size_t jumps = 0;
  for (size_t i = known; i < pcs.size(); ++i) {
    if (CallBefore(pcs[i], FunctionOf(pcs[i - 1])) == Calls::kAnother) ++jumps;
    // Old frames, of calls that this function made, lead to this function.
    if (calls != Calls::kIt && FunctionOf(pcs[i]) == guessed) return Credibility::kNone;
  }
  if (2 * jumps > pcs.size() - known) return Credibility::kNone;
  return calls == Calls::kAnother ? Credibility::kByTailCall : Credibility::kByCall;
}

}  // namespace pprof::profiles
