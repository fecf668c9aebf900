// The frame that a stack walk has reached.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/registers.h"
#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {

// Every frame has pc, sp, rbp and rbx, which is enough for nearly all code. r12 to r15 are only
// followed in a second walk, with `tracking`, when a frame of the first one needs them.
// Async-signal-safe.
struct WalkState {
  WalkState(const Registers& from, bool track)
      : pc(from.pc),
        sp(from.sp),
        rbp(from.rbp),
        rbx(from.rbx),
        context(from.context),
        others(from.others),
        rbp_known(from.rbp_known),
        rbx_known(from.rbx_known),
        exact(from.exact),
        tracking(track) {}

  uintptr_t address() const { return exact ? pc : pc - 1; }
  bool needs_care() const { return exact || tracking; }
  // After the walk: a second one with tracking may go further.
  bool needs_tracking() const { return more_could_be_tracked && end == StackEnd::kUnknownRegister; }

  uintptr_t pc;
  uintptr_t sp;
  uintptr_t rbp;
  uintptr_t rbx;
  // The last interrupted or captured registers: those of this frame if `fresh`. Otherwise the ones
  // that calls need not preserve are taken for unchanged, as gdb does: a table that uses one after
  // a call says that the called function left it alone.
  uintptr_t context;
  const RegisterFile* others;
  bool rbp_known;
  bool rbx_known;
  bool exact;  // pc is an interrupted instruction, not a return address
  bool fresh = true;
  const bool tracking;
  bool more_could_be_tracked = false;     // a frame needed, or may have needed, r12 to r15
  StackEnd end = StackEnd::kBrokenFrame;  // after the walk
  RegisterFile tracked;                   // of this frame; only if tracking
};

}  // namespace pprof::signal_safe
