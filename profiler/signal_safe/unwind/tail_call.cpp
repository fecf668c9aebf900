#include "profiler/signal_safe/unwind/tail_call.h"

#include <cstring>

#include "profiler/signal_safe/unwind/caller_stack.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/sys/memory/own_memory.h"

namespace pprof::signal_safe {
namespace {

// The target of a four-byte displacement at `address`, which counts from its own end. Source: Intel
// 64 manual, volume 2, CALL and JMP.
uintptr_t BranchTarget(const uint8_t* bytes, uintptr_t address) {
  int32_t displacement;
  std::memcpy(&displacement, bytes, sizeof displacement);
  return address + sizeof displacement + static_cast<uintptr_t>(intptr_t{displacement});
}

uintptr_t LoadPointer(uintptr_t address) {
  uintptr_t value = 0;
  return sys::ReadOwnMemory(address, &value, sizeof value) ? value : 0;
}

// At a function's entry the return address is at the top of the stack. Bytes that only looked like
// a call lead elsewhere.
bool IsEntry(uintptr_t address) {
  const UnwindRow row = FindRow(address, address);
  return row.cfa == CfaRule::kStack && row.offset == 8;
}

}  // namespace

uintptr_t CalledFunction(const uint8_t* code_end, uintptr_t return_address) {
  const uintptr_t target = BranchTarget(code_end - 4, return_address - 4);
  if (code_end[-5] == 0xE8) return target;                               // call target
  const bool by_pointer = code_end[-6] == 0xFF && code_end[-5] == 0x15;  // call *target(%rip)
  return by_pointer ? LoadPointer(target) : 0;
}

// Follows an entry of a procedure linkage table, `jmp *slot(%rip)`, to the function.
uintptr_t BehindLinkage(uintptr_t function) {
  constexpr uint8_t kEndbr64[] = {0xF3, 0x0F, 0x1E, 0xFA};
  uint8_t code[12];
  if (!sys::ReadOwnMemory(function, code, sizeof code)) return 0;
  size_t at = std::memcmp(code, kEndbr64, sizeof kEndbr64) == 0 ? sizeof kEndbr64 : 0;
  if (code[at] == 0xF2) ++at;  // bnd
  if (code[at] != 0xFF || code[at + 1] != 0x25) return function;
  return LoadPointer(BranchTarget(code + at + 2, function + at + 2));
}

uintptr_t FindTailCaller(const Caller& caller) {
  const auto hook = reinterpret_cast<uintptr_t>(caller.hook);
  uintptr_t called = CalledFunction(static_cast<const uint8_t*>(caller.return_address),
                                    reinterpret_cast<uintptr_t>(caller.return_address));
  if (called == 0 || called == hook) return 0;
  called = BehindLinkage(called);
  return called != 0 && called != hook && IsEntry(called) ? called : 0;
}

CallerStack::CallerStack(const Caller& caller) : CallerStack(caller.return_address) {
  if (own_ == 0) return;  // the walk failed, or there is no frame before the caller to overwrite
  const uintptr_t tail_caller = FindTailCaller(caller);
  if (tail_caller == 0) return;
  pcs_[--own_] = tail_caller + 1;  // readers subtract one from a return address
  if (depth_ < kMaxStackDepth) {
    ++depth_;
  } else {
    end_ = StackEnd::kTruncated;
  }
}

}  // namespace pprof::signal_safe
