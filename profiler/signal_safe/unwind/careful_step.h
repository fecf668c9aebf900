// One step of a stack walk, for every kind of frame.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/expression.h"
#include "profiler/signal_safe/unwind/cfi/unwind_row.h"
#include "profiler/signal_safe/unwind/walk_state.h"

namespace pprof::signal_safe {

constexpr uintptr_t kLowestCode = 4096;

// Async-signal-safe if `memory` is.
class CarefulStep {
 public:
  CarefulStep(WalkState& frame, const MemoryReader& memory) : frame_(frame), memory_(memory) {}

  // Moves to the caller's frame. False: the walk is over, for the reason in frame.end.
  bool Run();

 private:
  // The caller's frame, until it is found plausible.
  struct Caller : CommonFrame {
    bool exact = false;
  };

  bool StepByTable(const UnwindRow& row);
  bool StepByRules();
  bool StepOverSignal();
  bool StepWithoutEntry(const UnwindRow& row);
  bool StepByCode(const UnwindRow& row, Caller* caller);
  bool StepByFramePointer(Caller* caller);

  bool FindCaller(const UnwindRow& row, Caller* caller);
  bool FindCfa(const UnwindRow& row, uintptr_t* cfa);
  void Restore(SavedRegister saved, uintptr_t cfa, int number, uintptr_t* value, bool* known);
  bool ReadRegister(int number, uintptr_t* value);
  bool ReadOther(int number, uintptr_t* value);
  RegisterFile ReadAll();

  static bool IsPlausible(const Caller& caller);
  bool LooksInterrupted(Caller* caller);
  bool Enter(const Caller& caller);
  static void Move(const Caller& caller, WalkState* frame);
  bool End(StackEnd why);

  WalkState& frame_;
  const MemoryReader& memory_;
};

}  // namespace pprof::signal_safe
