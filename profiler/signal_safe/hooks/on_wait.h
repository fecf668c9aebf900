// Lock and wait events. A call that does not wait runs only the inlined parts.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/signal_safe/unwind/tail_call.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::signal_safe {

// One load and a predicted branch while both profiles are off. Async-signal-safe.
__attribute__((always_inline)) inline bool ContentionOn() {
  return __builtin_expect(contention_on.load(std::memory_order_relaxed) != 0, 0);
}

// Called by every unlock: whether there are waiters to charge this holder for. Async-signal-safe.
__attribute__((always_inline)) inline bool UnlockMatters(const void* lock) {
  if (__builtin_expect((contention_on.load(std::memory_order_relaxed) & kMutexOn) == 0, 1)) {
    return false;
  }
  return contention.waiters.MayBePending(lock);
}

// A wait, from start to end. Owns nothing: a wait that never ends (cancellation, longjmp) is just
// not counted. Does nothing when this thread is inside the profiler or is a profiler thread.
// Async-signal-safe.
class Wait {
 public:
  Wait();

  // Ends the wait: adds it to the block profile, for the stack of `caller`. Preserves errno.
  void Ended(const Caller& caller) { EndedAt(Now(), caller); }

  // The same, unless it was too short to have blocked; for functions that do not report whether
  // they waited. Going to sleep and waking up takes two context switches, more than a microsecond.
  void EndedIfLong(const Caller& caller);

 protected:
  static uint64_t Now();
  void EndedAt(uint64_t now, const Caller& caller);
  uint64_t began() const { return began_; }

 private:
  uint64_t began_;  // in ticks of sys/tick_clock.h; 0: not followed
};

// A wait for a lock that another thread holds; the holder is charged for it at its unlock.
// Async-signal-safe. REQUIRES: Ended or GaveUp is called; stack unwinding counts as GaveUp.
class LockWait : private Wait {
 public:
  explicit LockWait(const void* lock);
  ~LockWait() {
    if (slot_.word != nullptr) GaveUp();
  }
  LockWait(const LockWait&) = delete;
  LockWait& operator=(const LockWait&) = delete;

  void Ended(const Caller& caller);
  // The call failed without waiting (EDEADLK, EINVAL).
  void GaveUp();

 private:
  WaiterTable::Slot slot_;
};

// An unlock for which UnlockMatters() is true. Constructed before the unlock, so that delay until
// the waiters have woken up is charged to the next holder; recorded after it, outside the lock.
// Profiler threads are charged, too, but only for delays of application threads, since they do not
// count as waiters themselves. Async-signal-safe.
class UnlockCharge {
 public:
  explicit UnlockCharge(const void* lock);

  // The lock was released: charges the stack of `caller`. Preserves errno.
  void Unlocked(const Caller& caller) {
    if (IsDue()) Record(caller);
  }
  // The unlock failed (EPERM): the charge stays with the lock.
  void Refused();

 private:
  bool IsDue() const { return ticks_ != 0 || waits_ != 0; }
  void Record(const Caller& caller);

  const void* lock_;
  uint64_t ticks_ = 0;  // of sys/time/tick_clock.h
  uint64_t waits_ = 0;  // that no earlier charge has counted
};

// Called once at load, before other threads exist, when the hooks are in place; `ours`: the process
// uses our lock functions. Not async-signal-safe: reads the environment.
void OnLockHooksReady(bool ours);

}  // namespace pprof::signal_safe
