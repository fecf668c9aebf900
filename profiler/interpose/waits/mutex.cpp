// pthread_mutex_*. While a profile is on, a lock is tried first: an uncontended one costs nothing
// more. For an ordinary mutex, trylock returns the same as lock, except EBUSY. Not for a robust
// one: after ENOTRECOVERABLE glibc's trylock leaves the caller as the owner, and other threads
// would wait forever. Robust and priority mutexes are inspected instead of tried; a wait that
// begins after the inspection is not counted.
//
// pthread_mutex_trylock never waits, so it is not interposed.
#include "profiler/interpose/waits/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <pthread.h>
#include <sys/single_threaded.h>
#include <time.h>
#include <unistd.h>

namespace pprof::interpose {
namespace {

constexpr char kLock[] = "pthread_mutex_lock";
constexpr char kTrylock[] = "pthread_mutex_trylock";
constexpr char kTimedlock[] = "pthread_mutex_timedlock";
constexpr char kClocklock[] = "pthread_mutex_clocklock";
constexpr char kUnlock[] = "pthread_mutex_unlock";

using NextLock = Next<int(pthread_mutex_t*) noexcept, kLock>;
using NextTrylock = Next<int(pthread_mutex_t*) noexcept, kTrylock>;
using NextTimedlock = Next<int(pthread_mutex_t*, const timespec*) noexcept, kTimedlock>;
using NextClocklock = Next<int(pthread_mutex_t*, clockid_t, const timespec*) noexcept, kClocklock>;
using NextUnlock = Next<int(pthread_mutex_t*) noexcept, kUnlock>;

// Bits of the mutex type. Source: glibc, nptl/pthreadP.h, PTHREAD_MUTEX_*_NP; part of its ABI,
// since initializers are compiled into programs.
// initializers are compiled into programs.
constexpr int kRobust = 16;
constexpr int kInherit = 32;
constexpr int kCeiling = 64;
constexpr int kProcessShared = 128;

bool IsOrdinary(const pthread_mutex_t* mutex) {
  return __builtin_expect((mutex->__data.__kind & (kRobust | kInherit | kCeiling)) == 0, 1);
}

// With a single thread, only that thread can hold a mutex of this process, and it could only
// deadlock on it. glibc's lock then needs no atomic operation; its trylock always does, which costs
// three times as much.
bool NobodyElseCanHold(const pthread_mutex_t* mutex) {
  return __builtin_expect(__libc_single_threaded, 0) &&
         (mutex->__data.__kind & kProcessShared) == 0;
}

// Whether another thread holds a robust or priority-inheriting mutex, whose word contains the
// owner's thread id. Mutexes with a priority ceiling have no id there and are left alone.
bool IsHeldByAnother(const pthread_mutex_t* mutex) {
  constexpr int kOwnerBits = 0x3FFFFFFF;
  if ((mutex->__data.__kind & kCeiling) != 0) return false;
  const int owner = __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED) & kOwnerBits;
  return owner != 0 && owner != gettid();
}

template <class Function>
PPROF_SLOW int LockSpecial(pthread_mutex_t* mutex, const signal_safe::Caller& caller,
                           Function next) {
  return IsHeldByAnother(mutex) ? WaitForLock(mutex, caller, next) : next();
}

// `next` locks and may wait.
template <class Function>
__attribute__((always_inline)) inline int LockOrWait(pthread_mutex_t* mutex,
                                                     const signal_safe::Caller& caller,
                                                     Function next) {
  if (!IsOrdinary(mutex)) return LockSpecial(mutex, caller, next);
  const int error = NextTrylock::Call(mutex);
  if (__builtin_expect(error != EBUSY, 1)) return error;
  return WaitForLock(mutex, caller, next);
}

// glibc rejects other clocks before it looks at the mutex.
bool ClockIsKnown(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC; }

}  // namespace

void ResolveMutexFunctions() {
  NextLock::Resolve();
  NextTrylock::Resolve();
  NextTimedlock::Resolve();
  NextClocklock::Resolve();
  NextUnlock::Resolve();
}

}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow
namespace hooks = pprof::signal_safe;

extern "C" {

PPROF_EXPORT_WEAK int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  if (!hooks::ContentionOn() || NobodyElseCanHold(mutex)) return NextLock::Call(mutex);
  return LockOrWait(mutex, PPROF_CALLER(pthread_mutex_lock),
                    [=]() noexcept { return NextLock::Call(mutex); });
}

PPROF_EXPORT_WEAK int pthread_mutex_timedlock(pthread_mutex_t* mutex,
                                              const timespec* deadline) noexcept {
  if (!hooks::ContentionOn()) return NextTimedlock::Call(mutex, deadline);
  return LockOrWait(mutex, PPROF_CALLER(pthread_mutex_timedlock),
                    [=]() noexcept { return NextTimedlock::Call(mutex, deadline); });
}

PPROF_EXPORT_WEAK int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                                              const timespec* deadline) noexcept {
  if (!hooks::ContentionOn() || !ClockIsKnown(clock)) {
    return NextClocklock::Call(mutex, clock, deadline);
  }
  return LockOrWait(mutex, PPROF_CALLER(pthread_mutex_clocklock),
                    [=]() noexcept { return NextClocklock::Call(mutex, clock, deadline); });
}

PPROF_EXPORT_WEAK int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  if (!hooks::UnlockMatters(mutex)) return NextUnlock::Call(mutex);
  return UnlockAndCharge(mutex, PPROF_CALLER(pthread_mutex_unlock),
                         [=]() noexcept { return NextUnlock::Call(mutex); });
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS
