// pthread_mutex_*. While a profile is on, a lock is tried first: an uncontended one pays for that
// and nothing else. trylock gives the same answers as lock for every type of mutex but for EBUSY.
//
// pthread_mutex_trylock never waits: nothing stands before it.
#include "profiler/interpose/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <pthread.h>
#include <time.h>

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

// glibc refuses other clocks before it looks at the mutex.
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

using namespace pprof::interpose;  // NOLINT: definitions of the global functions follow
namespace hooks = pprof::signal_safe;

extern "C" {

PPROF_EXPORT_WEAK int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  if (!hooks::ContentionOn()) return NextLock::Call(mutex);
  const int error = NextTrylock::Call(mutex);
  if (__builtin_expect(error != EBUSY, 1)) return error;
  return WaitForLock(mutex, PPROF_CALLER(pthread_mutex_lock),
                     [=]() noexcept { return NextLock::Call(mutex); });
}

PPROF_EXPORT_WEAK int pthread_mutex_timedlock(pthread_mutex_t* mutex,
                                              const timespec* deadline) noexcept {
  if (!hooks::ContentionOn()) return NextTimedlock::Call(mutex, deadline);
  const int error = NextTrylock::Call(mutex);
  if (error != EBUSY) return error;
  return WaitForLock(mutex, PPROF_CALLER(pthread_mutex_timedlock),
                     [=]() noexcept { return NextTimedlock::Call(mutex, deadline); });
}

PPROF_EXPORT_WEAK int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                                              const timespec* deadline) noexcept {
  if (!hooks::ContentionOn() || !ClockIsKnown(clock)) {
    return NextClocklock::Call(mutex, clock, deadline);
  }
  const int error = NextTrylock::Call(mutex);
  if (error != EBUSY) return error;
  return WaitForLock(mutex, PPROF_CALLER(pthread_mutex_clocklock),
                     [=]() noexcept { return NextClocklock::Call(mutex, clock, deadline); });
}

PPROF_EXPORT_WEAK int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  if (!hooks::UnlockMatters(mutex)) return NextUnlock::Call(mutex);
  return UnlockAndCharge(mutex, PPROF_CALLER(pthread_mutex_unlock),
                         [=]() noexcept { return NextUnlock::Call(mutex); });
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS
