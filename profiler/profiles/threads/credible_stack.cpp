#include "profiler/profiles/threads/credible_stack.h"

#include "profiler/signal_safe/unwind/module_gate.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/tail_call.h"
#include "profiler/signal_safe/unwind/unwind_table.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/unwind_info.h"

namespace pprof::profiles {
namespace {

// The longest call: FF, the byte with its form, SIB and a displacement of four, behind a prefix.
constexpr size_t kCallBytes = 8;

bool ReadCall(uintptr_t return_address, uint8_t (&code)[kCallBytes]) {
  return sys::FindUnwindTable(return_address) != nullptr &&
         sys::ReadOwnMemory(return_address - kCallBytes, code, kCallBytes);
}

// 0: the tables have no function there.
uintptr_t FunctionOf(uintptr_t return_address) {
  const uint8_t* header = sys::FindUnwindTable(return_address - 1);
  return header == nullptr ? 0 : signal_safe::FunctionBegin(return_address - 1, header);
}

enum class Calls {
  kIt,
  kSomething,  // through a register or a table
  kAnother,    // at a stale frame, and where the function that was called ended with a jump
};

// Compares the call before a return address with the function that the stack names as called.
Calls CallBefore(uintptr_t return_address, uintptr_t callee) {
  uint8_t code[kCallBytes];
  if (!ReadCall(return_address, code)) return Calls::kAnother;
  const uintptr_t called = signal_safe::CalledFunction(code + kCallBytes, return_address);
  if (called == 0) return Calls::kSomething;
  const bool same = called == callee || signal_safe::BehindLinkage(called) == callee;
  return same ? Calls::kIt : Calls::kAnother;
}

// Whether the tables say that nothing called the function, as they do for those that the kernel
// starts. A walk also ends at a return address of 0; memory is full of zeros.
bool IsFirstFunction(uintptr_t return_address) {
  signal_safe::UnwindRow row;
  return signal_safe::FindRow(return_address - 1, &row) &&
         row.cfa == signal_safe::CfaRule::kEndOfStack;
}

}  // namespace

bool IsReturnAddress(uintptr_t address) {
  uint8_t code[kCallBytes];
  if (!ReadCall(address, code)) return false;
  // Source: Intel 64 manual, volume 2, CALL: E8, or FF with 2 in the middle of the next byte.
  if (code[kCallBytes - 5] == 0xE8) return true;
  for (size_t at = 0; at + 1 < kCallBytes; ++at) {
    if (code[at] == 0xFF && (code[at + 1] & 0x38) == 0x10) return true;
  }
  return false;
}

bool IsCredible(const std::vector<uintptr_t>& pcs, size_t known, bool truncated) {
  const signal_safe::ModulesStay modules;
  if (!modules.entered() || pcs.size() <= known) return false;
  if (!truncated && !IsFirstFunction(pcs.back())) return false;
  const uintptr_t guessed = FunctionOf(pcs[known - 1]);
  const bool called_by_name = CallBefore(pcs[known], guessed) == Calls::kIt;
  size_t jumps = 0;
  for (size_t i = known; i < pcs.size(); ++i) {
    if (CallBefore(pcs[i], FunctionOf(pcs[i - 1])) == Calls::kAnother) ++jumps;
    // Old frames, of calls that this function made, lead to this function.
    if (!called_by_name && FunctionOf(pcs[i]) == guessed) return false;
  }
  return 2 * jumps <= pcs.size() - known;
}

}  // namespace pprof::profiles
