#include "profiler/profiles/threads/copied_stack.h"

#include <algorithm>
#include <utility>

#include "profiler/profiles/threads/credible_stack.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles {
bool CopiedStack::Unwind(uintptr_t pc, uintptr_t sp, size_t copied, std::vector<uintptr_t>* pcs,
                         bool* truncated) {
  signal_safe::Registers from;
  from.pc = pc;
  from.sp = sp;
  from.rbp_known = false;  // /proc does not show it
  from.rbx_known = false;
  const signal_safe::UnwindResult result = Walk(from, copied, pcs);
  *truncated = result.truncated;
  return result.complete || result.truncated || UnwindWithGuessedRbp(from, copied, pcs, truncated);
}

// While another thread unloads a module, walks are refused; they work again a moment later.
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
// saved it. Every word that could be the top frame's rbp, since a return address stands beside it,
// is tried from the top frame on; the first that leads to a credible stack is right. The word
// itself tells little: the caller may have kept any value in rbp.
bool CopiedStack::UnwindWithGuessedRbp(const signal_safe::Registers& from, size_t copied,
                                       std::vector<uintptr_t>* pcs, bool* truncated) const {
  constexpr size_t kWordsTried = 1024;
  constexpr int kWalksTried = 128;
  const size_t words = std::min(copied / sizeof copy_[0], kWordsTried);
  const size_t known = pcs->size();
  std::vector<uintptr_t> guessed_pcs;
  int walks = 0;
  for (size_t i = 0; known > 0 && i + 1 < words && walks < kWalksTried; ++i) {
    // Two in a row are a list of addresses, as a profiler leaves on a stack.
    if (!IsReturnAddress(copy_[i + 1]) || IsReturnAddress(copy_[i])) continue;
    ++walks;
    signal_safe::Registers guessed = from;
    guessed.rbp = from.sp + i * sizeof copy_[0];
    guessed.rbp_known = true;
    const signal_safe::UnwindResult result = Walk(guessed, copied, &guessed_pcs);
    const bool leads_on = result.complete || result.truncated;
    if (!leads_on || !IsCredible(guessed_pcs, known, result.truncated)) continue;
    *pcs = std::move(guessed_pcs);
    *truncated = result.truncated;
    return true;
  }
  return false;
}

}  // namespace pprof::profiles
