#include "profiler/signal_safe/hooks/on_wait.h"

#include "profiler/signal_safe/contention/wait_estimate.h"
#include "profiler/signal_safe/hooks/capture_stack.h"
#include "profiler/signal_safe/random.h"
#include "profiler/signal_safe/signal_safe.h"
#include "profiler/sys/time/tick_clock.h"

namespace pprof::signal_safe {
namespace {

constexpr uint64_t kShortestWait = 1000;  // ns

void Add(ContentionTable* table, const WaitEstimate& estimate, const Caller& caller) {
  const ErrnoGuard keep;
  const ReentryGuard guard;
  if (!guard.entered()) {
    contention.lost_events.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ContentionStack* stack = CaptureStack(caller, table);
  stack->nanos.fetch_add(estimate.nanos, std::memory_order_relaxed);
  stack->count.Add(estimate.count);
}

}  // namespace

uint64_t Wait::Now() { return sys::tick_clock.Now(); }

Wait::Wait() : began_(thread_state.busy || thread_state.own ? 0 : Now()) {}

void Wait::EndedIfLong(const Caller& caller) {
  const uint64_t now = Now();
  if (sys::tick_clock.NanosBetween(began_, now) >= kShortestWait) EndedAt(now, caller);
}

void Wait::EndedAt(uint64_t now, const Caller& caller) {
  const uint64_t interval = contention.block_interval_ns.load(std::memory_order_relaxed);
  WaitEstimate estimate;
  if (interval == 0 || began_ == 0) return;
  const uint64_t nanos = sys::tick_clock.NanosBetween(began_, now);
  if (EstimateWait(nanos, interval, NextUniform, &estimate)) {
    Add(&contention.block, estimate, caller);
  }
}

LockWait::LockWait(const void* lock) {
  const bool mutex_on = (contention_on.load(std::memory_order_relaxed) & kMutexOn) != 0;
  if (!mutex_on || began() == 0) return;
  slot_ = contention.waiters.BeginWait(lock, began());
  if (slot_.word == nullptr) contention.lost_waits.fetch_add(1, std::memory_order_relaxed);
}

void LockWait::Ended(const Caller& caller) {
  const uint64_t now = Now();
  contention.waiters.EndWait(slot_, now);
  slot_ = {};
  EndedAt(now, caller);
}

void LockWait::GaveUp() {
  contention.waiters.CancelWait(slot_, Now());
  slot_ = {};
}

UnlockCharge::UnlockCharge(const void* lock) : lock_(lock) {
  if (thread_state.busy) return;
  ticks_ = contention.waiters.TakeCharge(lock, sys::tick_clock.Now(), &waits_);
}

void UnlockCharge::Refused() {
  if (IsDue()) contention.waiters.GiveBack(lock_, ticks_, waits_);
}

// Each contended unlock is kept with probability 1/n and represents n. Source: runtime/mprof.go,
// mutexevent.
void UnlockCharge::Record(const Caller& caller) {
  const uint64_t n = contention.mutex_fraction.load(std::memory_order_relaxed);
  if (!KeepsCharge(n, NextRandom)) return;
  Add(&contention.mutex, EstimateCharge(sys::tick_clock.ToNanos(ticks_), waits_, n), caller);
}

void OnLockHooksReady(bool ours) {
  sys::tick_clock.Begin();
  contention.hooked.store(ours, std::memory_order_relaxed);
  if (ours) SettleContentionFromEnvironment();
}

}  // namespace pprof::signal_safe
