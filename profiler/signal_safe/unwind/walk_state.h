// The frame that a stack walk has reached.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/registers.h"
#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {

// What is known of every frame, which is enough for nearly all code.
struct CommonFrame {
  uintptr_t pc;
  uintptr_t sp;
  uintptr_t rbp;
  uintptr_t rbx;
  bool rbp_known;
  bool rbx_known;
};

// r12 to r15 are only followed in a second walk, with `tracking`, when a frame of the first one
// needs them. Async-signal-safe.
struct WalkState : CommonFrame {
  WalkState(const Registers& from, bool track)
      : CommonFrame{from.pc, from.sp, from.rbp, from.rbx, from.rbp_known, from.rbx_known},
        context(from.context),
        others(from.others),
        exact(from.exact),
        tracking(track) {}

  // REQUIRES: !needs_care().
  void GoTo(const CommonFrame& caller) {
    fresh &= caller.sp == sp;  // NOLINT(clang-analyzer-core*): it follows no state across calls
    static_cast<CommonFrame&>(*this) = caller;
  }

  uintptr_t address() const { return exact ? pc : pc - 1; }
  bool needs_care() const { return exact || tracking; }
  // After the walk: a second one with tracking may go further.
  bool needs_tracking() const { return more_could_be_tracked && end == StackEnd::kUnknownRegister; }

  // The last interrupted or captured registers: those of this frame if `fresh`. Otherwise the ones
  // that calls need not preserve are taken for unchanged, as gdb does: a table that uses one after
  // a call says that the called function left it alone.
  uintptr_t context;
  const RegisterFile* others;
  bool exact;  // pc is an interrupted instruction, not a return address
  bool fresh = true;
  const bool tracking;
  bool more_could_be_tracked = false;     // a frame needed, or may have needed, r12 to r15
  StackEnd end = StackEnd::kBrokenFrame;  // after the walk
  RegisterFile tracked;                   // of this frame; only if tracking
};

}  // namespace pprof::signal_safe
