#include "profiler/signal_safe/hooks/on_dump_signal.h"

#include "profiler/signal_safe/signal_safe.h"
#include "profiler/sys/thread/futex.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::signal_safe {

DumpSlot dump_slots[kDumpSlots];
std::atomic<uint32_t> dump_progress;

namespace {

void Fill(DumpSlot& slot, const void* ucontext) {
  const Registers registers = InterruptedRegisters(ucontext);
  const UnwindResult unwound =
      UnwindFrom(registers, ThreadStackBounds(), slot.pcs, kMaxStackDepth, slot.sps);
  slot.depth = static_cast<uint32_t>(unwound.depth);
  slot.end = unwound.end;
  slot.call = sys::CallInterrupted(ucontext);
  for (int i = 0; i < sys::kContextRegisters; ++i) {
    slot.registers[i] = sys::ContextRegister(ucontext, i);
  }
  slot.label_set = thread_state.label_set;
}

}  // namespace

void FreeDumpSlots() {
  for (DumpSlot& slot : dump_slots) {
    const uint32_t state = slot.state.load(std::memory_order_relaxed);
    if (DumpSlot::PhaseOf(state) == DumpSlot::kFree) continue;  // leaves its page shared
    slot.tid.store(0, std::memory_order_relaxed);
    slot.state.store(DumpSlot::NextRequest(state), std::memory_order_relaxed);
  }
}

void OnDumpSignal(int, void*, void* ucontext) {
  const ErrnoGuard keep;
  const int32_t self = sys::ThreadId();
  // By thread id, not by the signal's value: the kernel drops values when its queue is full.
  for (DumpSlot& slot : dump_slots) {
    uint32_t state = slot.state.load(std::memory_order_acquire);
    if (DumpSlot::PhaseOf(state) != DumpSlot::kAsked) continue;
    if (slot.tid.load(std::memory_order_relaxed) != self) continue;
    // Pairs with the reader's attempt to withdraw the request.
    if (!slot.state.compare_exchange_strong(state, state + 1, std::memory_order_acq_rel)) continue;
    Fill(slot, ucontext);
    slot.state.store(state + 2, std::memory_order_release);
    dump_progress.fetch_add(1, std::memory_order_release);
    sys::FutexWake(&dump_progress);
    return;
  }
}

}  // namespace pprof::signal_safe
