#include "profiler/profiles/threads/copied_stack.h"

#include <cstring>
#include <utility>

#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/unwind_info.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles {
namespace {

bool IsBehindCallOf(uintptr_t function, uintptr_t return_address) {
  constexpr uint8_t kCall = 0xE8;  // and how far, in 32 bits
  uint8_t code[5];
  if (!sys::ReadOwnMemory(return_address - sizeof code, code, sizeof code)) return false;
  int32_t distance = 0;
  std::memcpy(&distance, code + 1, sizeof distance);
  return code[0] == kCall && return_address + static_cast<intptr_t>(distance) == function;
}

}  // namespace

bool CopiedStack::Unwind(uintptr_t pc, uintptr_t sp, size_t copied, std::vector<uintptr_t>* pcs,
                         bool* truncated) {
  signal_safe::Registers from;
  from.pc = pc;
  from.sp = sp;
  from.rbp_known = false;  // the kernel does not tell
  from.rbx_known = false;
  const signal_safe::UnwindResult result = Walk(from, copied, pcs);
  *truncated = result.truncated;
  return result.complete || result.truncated || UnwindWithGuessedRbp(from, copied, pcs, truncated);
}

// While another thread unloads a module nothing can be walked: a moment later it can.
signal_safe::UnwindResult CopiedStack::Walk(const signal_safe::Registers& from, size_t copied,
                                            std::vector<uintptr_t>* pcs) const {
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

// Code with frame pointers needs the rbp that only the kernel has, unless a function on the way
// saved it. A word may be the frame's rbp if it points above itself and a return address stands
// beside it. But functions that have returned left such words as well, and every caller has one.
// The right word stands beside a return address behind a call of the frame's function: these words
// are tried first. A call through a table or a pointer does not name its function: then the first
// word that leads on is taken.
bool CopiedStack::UnwindWithGuessedRbp(const signal_safe::Registers& from, size_t copied,
                                       std::vector<uintptr_t>* pcs, bool* truncated) const {
  if (pcs->empty()) return false;
  const uintptr_t behind_call = pcs->size() > 1 ? 1 : 0;  // the leaf is exact
  const uintptr_t function = signal_safe::FunctionOf(pcs->back() - behind_call);
  const auto is_called = [function](uintptr_t pc) { return IsBehindCallOf(function, pc); };
  const auto may_be_called = [](uintptr_t) { return true; };
  return (function != 0 && UnwindWithRbpBeside(is_called, from, copied, pcs, truncated)) ||
         UnwindWithRbpBeside(may_be_called, from, copied, pcs, truncated);
}

// Tries the words whose return address `accept` takes. True: one led to the end of the stack, or
// through as many frames as are kept.
template <class Accept>
bool CopiedStack::UnwindWithRbpBeside(Accept accept, const signal_safe::Registers& from,
                                      size_t copied, std::vector<uintptr_t>* pcs,
                                      bool* truncated) const {
  constexpr size_t kWordsTried = 1024;
  constexpr int kWalksTried = 64;
  const size_t words = copied / sizeof copy_[0];
  std::vector<uintptr_t> guessed_pcs;
  int walks = 0;
  for (size_t i = 0; i + 1 < words && i < kWordsTried && walks < kWalksTried; ++i) {
    const uintptr_t address = from.sp + i * sizeof copy_[0];
    const bool points_up = copy_[i] > address && copy_[i] < from.sp + copied;
    if (!points_up || sys::FindUnwindTable(copy_[i + 1]) == nullptr || !accept(copy_[i + 1])) {
      continue;
    }
    ++walks;
    signal_safe::Registers guessed = from;
    guessed.rbp = address;
    guessed.rbp_known = true;
    const signal_safe::UnwindResult result = Walk(guessed, copied, &guessed_pcs);
    const bool leads_on = result.complete || result.truncated;
    if (!leads_on || result.depth < pcs->size()) continue;
    *pcs = std::move(guessed_pcs);
    *truncated = result.truncated;
    return true;
  }
  return false;
}

}  // namespace pprof::profiles
