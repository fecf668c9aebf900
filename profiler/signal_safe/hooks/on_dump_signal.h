// A running thread's stack, requested by a signal and written into a slot by the thread itself.
//
// Writers: the signalled threads, one slot each. Reader: the dump's thread, which owns the slots. A
// slot's state names the request it serves: (request number << 2) | phase. Only the thread that
// moved it from kAsked to kWriting writes, and a slot in kWriting is never assigned to another
// request, so no write is late. A handler that finds no slot for its thread does nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/tables/stack_table.h"
#include "profiler/signal_safe/unwind/interrupted.h"
#include "profiler/sys/thread/signal_context.h"

namespace pprof::signal_safe {

// Async-signal-safe.
struct DumpSlot {
  enum Phase : uint32_t { kFree = 0, kAsked = 1, kWriting = 2, kDone = 3 };

  std::atomic<uint32_t> state;
  std::atomic<int32_t> tid;
  // Written by the signalled thread in kWriting, read in kDone.
  uint32_t depth;
  uint32_t label_set;
  StackEnd end;
  sys::InterruptedCall call;
  uintptr_t pcs[kMaxStackDepth];
  uintptr_t sps[kMaxStackDepth];  // of each frame
  uintptr_t registers[sys::kContextRegisters];

  // The next request number, phase kFree: an old request is never mistaken for a new one.
  static uint32_t NextRequest(uint32_t state) { return ((state >> 2) + 1) << 2; }
  static Phase PhaseOf(uint32_t state) { return static_cast<Phase>(state & 3); }
};

constexpr size_t kDumpSlots = 32;  // signals in flight; more would only delay the running threads
extern DumpSlot dump_slots[kDumpSlots] __attribute__((visibility("hidden")));
// Number of finished slots; the reader waits on it.
extern std::atomic<uint32_t> dump_progress __attribute__((visibility("hidden")));

// Frees all slots, including those that threads of the parent were writing. Only in the child of a
// fork. Async-signal-safe.
void FreeDumpSlots();

// Handler of the dump signal. Signal handler only.
void OnDumpSignal(int signal, void* siginfo, void* ucontext);

}  // namespace pprof::signal_safe
