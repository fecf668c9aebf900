// The stack walk, over any kind of stack memory.
#pragma once

#include "profiler/signal_safe/unwind/careful_step.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/thread_memory.h"
#include "profiler/signal_safe/unwind/walk_state.h"

namespace pprof::signal_safe {

// Memory provides `LoadedWord Load(uintptr_t address)`, not ok outside the stack.
// Async-signal-safe if `Memory` is.
template <class Memory>
class StackWalk {
 public:
  StackWalk(const Registers& from, Memory& memory, bool tracking)
      : state_(from, tracking), memory_(memory) {}  // NOLINT(clang-analyzer-optin*)

  const WalkState& state() const { return state_; }

  // Calls `visit` with the program counter of each frame and the stack pointer, where its memory
  // begins; where it returns false the walk is cut.
  // Nearly all frames are of the two kinds of GoUp; CarefulStep knows all kinds, and why a walk
  // ends. A local frame stays in registers, which halves the time of a walk.
  template <class Visit>
  StackEnd Run(const Visit& visit) {
    do {
      CommonFrame frame = state_;  // NOLINT(cppcoreguidelines-slicing): the part for registers
      if (!visit(frame.pc, frame.sp)) return StackEnd::kTruncated;
      if (state_.needs_care()) continue;
      while (GoUp(&frame)) {
        if (!visit(frame.pc, frame.sp)) return StackEnd::kTruncated;
      }
      state_.GoTo(frame);
    } while (Careful());
    return state_.end;
  }

 private:
  // False: nothing has changed.
  __attribute__((always_inline)) bool GoUp(CommonFrame* frame) {
    const UnwindRow row = FindRow(frame->pc - 1, frame->pc);
    const bool by_rbp = row.cfa == CfaRule::kRbp && frame->rbp_known;
    if (row.cfa != CfaRule::kStack && !by_rbp) return false;
    const uintptr_t cfa =
        (by_rbp ? frame->rbp : frame->sp) + static_cast<uintptr_t>(intptr_t{row.offset});
    if (cfa <= frame->sp || (cfa & 7) != 0) return false;
    const LoadedWord return_address = memory_.Load(cfa - 8);
    if (!return_address.ok || return_address.value < kLowestCode) return false;
    const CommonFrame callee = *frame;
    Restore(row.rbp, cfa, callee, &frame->rbp, &frame->rbp_known);
    Restore(row.rbx, cfa, callee, &frame->rbx, &frame->rbx_known);
    frame->pc = return_address.value;
    frame->sp = cfa;
    return true;
  }

  __attribute__((always_inline)) void Restore(SavedRegister saved, uintptr_t cfa,
                                              const CommonFrame& callee, uintptr_t* value,
                                              bool* known) {
    if (__builtin_expect(saved.rule == Saved::kSame, 1)) return;
    const bool at_cfa = saved.rule == Saved::kAtCfa;
    *known = saved.rule != Saved::kLost && (at_cfa || callee.rbp_known);
    if (!*known) return;
    const uintptr_t base = at_cfa ? cfa : callee.rbp;
    const LoadedWord word = memory_.Load(base + static_cast<uintptr_t>(intptr_t{saved.offset}));
    *value = word.value;
    *known = word.ok;
  }

  bool Careful() {
    const MemoryReader reader{[](void* memory, uintptr_t address, uintptr_t* value) {
                                const LoadedWord word = static_cast<Memory*>(memory)->Load(address);
                                *value = word.value;
                                return word.ok;
                              },
                              &memory_};
    return CarefulStep(state_, reader).Run();
  }

  WalkState state_;
  Memory& memory_;
};

}  // namespace pprof::signal_safe
