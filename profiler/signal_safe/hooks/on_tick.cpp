#include "profiler/signal_safe/hooks/on_tick.h"

#include "profiler/signal_safe/signal_safe.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/signal_safe/unwind/interrupted.h"
#include "profiler/sys/thread/cpu_timer.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/thread_signal.h"
#include "profiler/sys/time/clock.h"

namespace pprof::signal_safe {

CpuSampling cpu_sampling;

void OnTick(int, void* siginfo, void* ucontext) {
  const ErrnoGuard keep;
  uint32_t overrun = 0;
  if (!sys::TimerOverrun(siginfo, &overrun)) return;  // SIGPROF from another source
  if (cpu_sampling.interval_nanos.load(std::memory_order_relaxed) == 0) return;  // a late tick
  RingSample* sample = sample_ring.Claim(1 + overrun);
  if (sample == nullptr) return;
  const UnwindResult unwound =
      UnwindFrom(InterruptedRegisters(ucontext), ThreadStackBounds(), sample->pcs, kMaxStackDepth);
  sample->tid = sys::ThreadId();
  sample->weight = 1 + overrun;
  sample->label_set = thread_state.label_set;
  sample->depth = static_cast<uint32_t>(unwound.depth);
  sample->truncated = unwound.truncated;
  sample_ring.Publish(sample);
}

uint64_t RandomFirstExpiry(uint64_t interval) {
  return 1 + sys::MonotonicNanos() * 0x9E3779B97F4A7C15 % interval;
}

bool ArmCpuTimer(ThreadRecord* record, int32_t tid) {
  int none = kTimerNone;
  if (!record->cpu_timer.compare_exchange_strong(none, kTimerArming)) return true;
  // Sequentially consistent, after kTimerArming: see the invariants in the header.
  const uint64_t interval = cpu_sampling.interval_nanos.load();
  int timer = sys::kNoTimer;
  if (interval != 0 && record->tid.load() == tid) {
    timer = sys::StartCpuTimer(tid, sys::ProfilingSignal(), interval, RandomFirstExpiry(interval));
  }
  record->cpu_timer.store(timer == sys::kNoTimer ? kTimerNone : timer + kFirstTimer);
  return timer != sys::kNoTimer;
}

void DisarmCpuTimer(ThreadRecord* record) {
  int timer = record->cpu_timer.load();
  while (timer != kTimerNone) {
    if (timer < kFirstTimer) {
      sys::Yield();
      timer = record->cpu_timer.load();
    } else if (record->cpu_timer.compare_exchange_weak(timer, kTimerDisarming)) {
      sys::DeleteTimer(timer - kFirstTimer);
      record->cpu_timer.store(kTimerNone);
      return;
    }
  }
}

void OnCpuThreadEnd(ThreadRecord* record) {
  DisarmCpuTimer(record);
  if (cpu_sampling.interval_nanos.load(std::memory_order_relaxed) == 0) return;
  RingSample* sample = sample_ring.Claim(0);
  if (sample == nullptr) return;
  sample->tid = sys::ThreadId();
  sample->weight = 0;
  sample->depth = 0;
  sample->own = record->own;
  sample->cpu_nanos = sys::OwnCpuNanos();
  sample_ring.Publish(sample);
}

}  // namespace pprof::signal_safe
