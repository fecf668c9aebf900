// What lock, unlock and wait functions tell the profiler. The inlined parts are all that a call
// pays that need not wait.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/signal_safe/unwind/tail_call.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::signal_safe {

// One load and a predicted branch while both profiles are off.
__attribute__((always_inline)) inline bool ContentionOn() {
  return __builtin_expect(contention_on.load(std::memory_order_relaxed) != 0, 0);
}

// Asked by every unlock: is there somebody to charge this holder for?
__attribute__((always_inline)) inline bool UnlockMatters(const void* lock) {
  if (__builtin_expect((contention_on.load(std::memory_order_relaxed) & kMutexOn) == 0, 1)) {
    return false;
  }
  return contention.waiters.MayBePending(lock);
}

// A wait from its begin to its end. Holds nothing: a wait that never ends (cancellation, longjmp)
// is only not counted. Signal-safe. Inert when this thread is inside the profiler,
// or is one of the profiler's own.
class Wait {
 public:
  Wait();

  // The wait is over: a contention of the block profile, of the stack of `caller`. Leaves errno as
  // it was.
  void Ended(const Caller& caller) { EndedAt(Now(), caller); }

  // The same, unless it was too short to have been a wait: for functions that do not tell. Going to
  // sleep and waking up takes two context switches, more than a microsecond.
  void EndedIfLong(const Caller& caller);

 protected:
  static uint64_t Now();
  void EndedAt(uint64_t now, const Caller& caller);
  uint64_t began() const { return began_; }

 private:
  uint64_t began_;  // in ticks of sys/tick_clock.h; 0: not followed
};

// A wait for a lock that somebody else holds: the holder is charged for it at its unlock.
// REQUIRES: one of Ended and GaveUp is called; unwinding counts as GaveUp.
class LockWait : private Wait {
 public:
  explicit LockWait(const void* lock);
  ~LockWait() {
    if (slot_.word != nullptr) GaveUp();
  }
  LockWait(const LockWait&) = delete;
  LockWait& operator=(const LockWait&) = delete;

  void Ended(const Caller& caller);
  // It was no wait: the call was refused (EDEADLK, EINVAL).
  void GaveUp();

 private:
  WaiterTable::Slot slot_;
};

// An unlock that UnlockMatters() is true for. Made before the unlock, so that what waiters lose
// until they have woken up is the next holder's; told afterwards, outside the lock. Signal-safe.
// The profiler's own threads are charged as well: only for what the application's have lost, since
// they do not count as waiters themselves.
class UnlockCharge {
 public:
  explicit UnlockCharge(const void* lock);

  // The lock is released: the charge goes to the stack of `caller`. Leaves errno as it was.
  void Unlocked(const Caller& caller) {
    if (ticks_ != 0) Record(caller);
  }
  // It was not (EPERM): the charge stays with the lock.
  void Refused();

 private:
  void Record(const Caller& caller);

  const void* lock_;
  uint64_t ticks_;  // of sys/tick_clock.h
};

// The hooks are in place, and lock functions of this process are ours if `ours`. Called once, at
// load, before other threads: reads the environment.
void OnLockHooksReady(bool ours);

}  // namespace pprof::signal_safe
