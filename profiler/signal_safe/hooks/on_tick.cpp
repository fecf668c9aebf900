#include "profiler/signal_safe/hooks/on_tick.h"

#include "profiler/signal_safe/random.h"
#include "profiler/signal_safe/signal_safe.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/signal_safe/unwind/interrupted.h"
#include "profiler/sys/thread/cpu_timer.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof::signal_safe {

CpuSampling cpu_sampling;

namespace {
TickPlan PlanOf(uint64_t interval_nanos) {
  return PlanTicks(interval_nanos, cpu_sampling.tick_nanos.load(std::memory_order_relaxed));
}
}  // namespace

void OnTick(int, void* siginfo, void* ucontext) {
  const ErrnoGuard keep;
  if (!IsTick(siginfo)) return;  // SIGPROF from another source
  const uint64_t interval = cpu_sampling.interval_nanos.load(std::memory_order_relaxed);
  if (interval == 0 || !PlanOf(interval).Keeps(NextRandom())) return;  // 0: a late tick
  RingSample* sample = sample_ring.Claim(1);
  if (sample == nullptr) return;
  const UnwindResult unwound =
      UnwindFrom(InterruptedRegisters(ucontext), ThreadStackBounds(), sample->pcs, kMaxStackDepth);
  sample->tid = sys::ThreadId();
  sample->weight = 1;
  sample->label_set = thread_state.label_set;
  sample->depth = static_cast<uint32_t>(unwound.depth);
  sample->end = unwound.end;
  sample_ring.Publish(sample);
}

bool IsTick(const void* siginfo) {
  return sys::IsCpuTimerSignal(siginfo) ||
         (cpu_sampling.by_process.load(std::memory_order_relaxed) &&
          sys::IsProcessTimerSignal(siginfo));
}

bool IsFromOwnTimer(int signal, const void* siginfo) {
  if (signal == sys::ProfilingSignal()) return IsTick(siginfo);
  return signal == sys::UrgentSignal() && sys::IsCpuTimerSignal(siginfo);
}

bool StartProcessTicks() {
  return sys::SetProcessTimer(PlanOf(cpu_sampling.interval_nanos.load()).IntervalNanos());
}

int StartTicks(int32_t tid) {
  const uint64_t interval = cpu_sampling.interval_nanos.load();
  if (interval == 0 || cpu_sampling.by_process.load()) return sys::kNoTimer;
  const TickPlan plan = PlanOf(interval);
  return sys::StartCpuTimer(tid, sys::ProfilingSignal(), plan.IntervalNanos(),
                            plan.FirstNanos(NextRandom()));
}

bool ArmCpuTimer(ThreadRecord* record, int32_t tid) {
  int none = kTimerNone;
  if (!record->cpu_timer.compare_exchange_strong(none, kTimerArming)) return true;
  // Sequentially consistent, after kTimerArming: see the invariants in the header.
  const bool records = cpu_sampling.interval_nanos.load() != 0;
  const int timer = records && record->tid.load() == tid ? StartTicks(tid) : sys::kNoTimer;
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

void OnSignalDescriptor() {
  if (thread_state.record == nullptr || !sys::BlocksProfilingSignal()) return;
  DisarmCpuTimer(thread_state.record);
  sys::DropPendingTimerSignal(sys::ProfilingSignal());
}

void OnCpuThreadEnd(ThreadRecord* record) {
  const bool had_timer = record->cpu_timer.load() != kTimerNone;
  DisarmCpuTimer(record);
  if (cpu_sampling.interval_nanos.load(std::memory_order_relaxed) == 0) return;
  RingSample* sample = sample_ring.Claim(0);
  if (sample == nullptr) return;
  sample->tid = sys::ThreadId();
  sample->weight = 0;
  sample->depth = 0;
  sample->own = record->own.load(std::memory_order_relaxed);
  sample->deaf = !had_timer && sys::BlocksProfilingSignal();
  sample->cpu_nanos = sys::OwnCpuNanos();
  sample_ring.Publish(sample);
}

}  // namespace pprof::signal_safe
