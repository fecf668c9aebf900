// The stack walk, over any kind of stack memory.
#pragma once

#include "profiler/signal_safe/unwind/careful_step.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/walk_state.h"

namespace pprof::signal_safe {

// Memory provides `bool Load(uintptr_t address, uintptr_t* value)`, false outside the stack.
// Async-signal-safe if `Memory` is.
template <class Memory>
class StackWalk {
 public:
  StackWalk(const Registers& from, Memory& memory, bool tracking)
      : state_(from, tracking), memory_(memory) {}

  const WalkState& state() const { return state_; }

  // Moves to the caller's frame. False: the walk is over. Nearly all frames are of the two kinds
  // here; CarefulStep knows all kinds, and why a walk ends.
  bool Step() {
    if (__builtin_expect(state_.needs_care(), 0)) return Careful();
    const UnwindRow row = FindRow(state_.pc - 1, state_.pc);
    if (row.cfa == CfaRule::kStack) return GoTo(row, state_.sp);
    if (row.cfa == CfaRule::kRbp && state_.rbp_known) return GoTo(row, state_.rbp);
    return Careful();
  }

 private:
  bool GoTo(const UnwindRow& row, uintptr_t base) {
    const uintptr_t cfa = base + static_cast<uintptr_t>(intptr_t{row.offset});
    uintptr_t return_address = 0;
    if (cfa <= state_.sp || (cfa & 7) != 0 || !memory_.Load(cfa - 8, &return_address) ||
        return_address < kLowestCode) {
      return Careful();
    }
    const uintptr_t rbp = state_.rbp;
    const bool rbp_known = state_.rbp_known;
    Restore(row.rbp, cfa, rbp, rbp_known, &state_.rbp, &state_.rbp_known);
    Restore(row.rbx, cfa, rbp, rbp_known, &state_.rbx, &state_.rbx_known);
    state_.pc = return_address;
    state_.sp = cfa;
    state_.fresh = false;
    return true;
  }

  void Restore(SavedRegister saved, uintptr_t cfa, uintptr_t rbp, bool rbp_known, uintptr_t* value,
               bool* known) {
    if (__builtin_expect(saved.rule == Saved::kSame, 1)) return;
    const bool at_cfa = saved.rule == Saved::kAtCfa;
    const uintptr_t base = at_cfa ? cfa : rbp;
    *known = saved.rule != Saved::kLost && (at_cfa || rbp_known) &&
             memory_.Load(base + static_cast<uintptr_t>(intptr_t{saved.offset}), value);
  }

  bool Careful() {
    const MemoryReader reader{[](void* memory, uintptr_t address, uintptr_t* value) {
                                return static_cast<Memory*>(memory)->Load(address, value);
                              },
                              &memory_};
    return CarefulStep(state_, reader).Run();
  }

  WalkState state_;
  Memory& memory_;
};

}  // namespace pprof::signal_safe
