// The stack walk, over any kind of stack memory.
#pragma once

#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/thread/signal_context.h"

namespace pprof::signal_safe {

// Memory provides `bool Load(uintptr_t address, uintptr_t* value)`, false outside the stack.
// Async-signal-safe if `Memory` is.
template <class Memory>
class StackWalk {
 public:
  StackWalk(const Registers& from, Memory& memory) : frame_(from), memory_(memory) {}

  const Registers& frame() const { return frame_; }
  bool complete() const { return complete_; }
  // True if frame().pc is an interrupted instruction, not a return address.
  bool exact() const { return exact_; }

  // Moves to the caller's frame. False: the walk is over.
  bool Step() {
    UnwindRow row;
    if (!FindRow(exact_ ? frame_.pc : frame_.pc - 1, &row)) return StepByFramePointer();
    uintptr_t cfa = 0;
    switch (row.cfa) {
      case CfaRule::kEndOfStack:
        complete_ = true;
        return false;
      case CfaRule::kSignal:
        return StepOverSignal();
      case CfaRule::kUnknown:
        return false;
      case CfaRule::kStack:
        cfa = frame_.sp;
        break;
      case CfaRule::kRbp:
        if (!frame_.rbp_known) return false;
        cfa = frame_.rbp;
        break;
      case CfaRule::kRbx:
        if (!frame_.rbx_known) return false;
        cfa = frame_.rbx;
        break;
      case CfaRule::kR10:
        if (!frame_.r10_known) return false;
        cfa = frame_.r10;
        break;
      case CfaRule::kDerefRbp:
        if (!frame_.rbp_known) return false;
        if (!memory_.Load(frame_.rbp + static_cast<intptr_t>(row.offset), &cfa)) return false;
        return GoTo(row, cfa);
    }
    return GoTo(row, cfa + static_cast<intptr_t>(row.offset));
  }

 private:
  bool GoTo(const UnwindRow& row, uintptr_t cfa) {
    uintptr_t return_address = 0;
    if (cfa <= frame_.sp || (cfa & 7) != 0 || !memory_.Load(cfa - 8, &return_address)) return false;
    Registers caller;
    caller.pc = return_address;
    caller.sp = cfa;
    Restore(row.rbp, cfa, frame_.rbp, frame_.rbp_known, &caller.rbp, &caller.rbp_known);
    Restore(row.rbx, cfa, frame_.rbx, frame_.rbx_known, &caller.rbx, &caller.rbx_known);
    return Enter(caller, false);
  }

  void Restore(SavedRegister saved, uintptr_t cfa, uintptr_t value, bool known, uintptr_t* out,
               bool* out_known) {
    *out = value;
    *out_known = known && saved.rule == Saved::kSame;
    if (saved.rule == Saved::kAtCfa) {
      *out_known = memory_.Load(cfa + static_cast<intptr_t>(saved.offset), out);
    } else if (saved.rule == Saved::kAtRbp && frame_.rbp_known) {
      *out_known = memory_.Load(frame_.rbp, out);
    }
  }

  // The kernel placed a ucontext at the trampoline's stack pointer.
  bool StepOverSignal() {
    const auto load = [this](int number, uintptr_t* value) {
      return memory_.Load(frame_.sp + sys::ContextOffset(number), value);
    };
    Registers interrupted;
    if (!load(dwarf_register::kReturnAddress, &interrupted.pc) ||
        !load(dwarf_register::kRsp, &interrupted.sp) ||
        !load(dwarf_register::kRbp, &interrupted.rbp) ||
        !load(dwarf_register::kRbx, &interrupted.rbx)) {
      return false;
    }
    interrupted.r10_known = load(dwarf_register::kR10, &interrupted.r10);
    return Enter(interrupted, true);
  }

  // Code without tables, e.g. JIT-compiled: most of it keeps rbp chains.
  bool StepByFramePointer() {
    constexpr uintptr_t kLargestFrame = 1 << 20;
    Registers caller;
    if (!frame_.rbp_known || frame_.rbp < frame_.sp || frame_.rbp - frame_.sp > kLargestFrame ||
        (frame_.rbp & 7) != 0 || !memory_.Load(frame_.rbp, &caller.rbp) ||
        !memory_.Load(frame_.rbp + 8, &caller.pc)) {
      return false;
    }
    caller.sp = frame_.rbp + 16;
    caller.rbx_known = false;
    return Enter(caller, false);
  }

  bool Enter(const Registers& next, bool exact) {
    constexpr uintptr_t kLowestCode = 4096;
    if (next.pc < kLowestCode) {
      complete_ = next.pc == 0;
      return false;
    }
    frame_ = next;
    exact_ = exact;
    return true;
  }

  Registers frame_;
  Memory& memory_;
  bool exact_ = true;
  bool complete_ = false;
};

}  // namespace pprof::signal_safe
