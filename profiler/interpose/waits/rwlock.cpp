// pthread_rwlock_*: readers and writers wait for the holder. A reader that unlocks is charged with
// the waiters' delay so far, even if other readers stay: the last one is charged with the rest.
#include "profiler/interpose/waits/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <pthread.h>
#include <time.h>

namespace pprof::interpose {
namespace {

constexpr char kRdlock[] = "pthread_rwlock_rdlock";
constexpr char kWrlock[] = "pthread_rwlock_wrlock";
constexpr char kTryrdlock[] = "pthread_rwlock_tryrdlock";
constexpr char kTrywrlock[] = "pthread_rwlock_trywrlock";
constexpr char kTimedrdlock[] = "pthread_rwlock_timedrdlock";
constexpr char kTimedwrlock[] = "pthread_rwlock_timedwrlock";
constexpr char kClockrdlock[] = "pthread_rwlock_clockrdlock";
constexpr char kClockwrlock[] = "pthread_rwlock_clockwrlock";
constexpr char kUnlock[] = "pthread_rwlock_unlock";

using Plain = int(pthread_rwlock_t*) noexcept;
using Timed = int(pthread_rwlock_t*, const timespec*) noexcept;
using Clocked = int(pthread_rwlock_t*, clockid_t, const timespec*) noexcept;
using NextRdlock = Next<Plain, kRdlock>;
using NextWrlock = Next<Plain, kWrlock>;
using NextTryrdlock = Next<Plain, kTryrdlock>;
using NextTrywrlock = Next<Plain, kTrywrlock>;
using NextTimedrdlock = Next<Timed, kTimedrdlock>;
using NextTimedwrlock = Next<Timed, kTimedwrlock>;
using NextClockrdlock = Next<Clocked, kClockrdlock>;
using NextClockwrlock = Next<Clocked, kClockwrlock>;
using NextUnlock = Next<Plain, kUnlock>;

// glibc rejects other clocks and times before it looks at the lock.
bool DeadlineIsValid(clockid_t clock, const timespec* deadline) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return false;
  return deadline == nullptr || (deadline->tv_nsec >= 0 && deadline->tv_nsec < 1000000000);
}

}  // namespace

void ResolveRwlockFunctions() {
  NextRdlock::Resolve();
  NextWrlock::Resolve();
  NextTryrdlock::Resolve();
  NextTrywrlock::Resolve();
  NextTimedrdlock::Resolve();
  NextTimedwrlock::Resolve();
  NextClockrdlock::Resolve();
  NextClockwrlock::Resolve();
  NextUnlock::Resolve();
}

}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow
namespace hooks = pprof::signal_safe;

extern "C" {

PPROF_EXPORT_WEAK int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  if (!hooks::ContentionOn()) return NextRdlock::Call(lock);
  const int error = NextTryrdlock::Call(lock);
  if (__builtin_expect(error != EBUSY, 1)) return error;
  return WaitForLock(lock, PPROF_CALLER(pthread_rwlock_rdlock),
                     [=]() noexcept { return NextRdlock::Call(lock); });
}

PPROF_EXPORT_WEAK int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  if (!hooks::ContentionOn()) return NextWrlock::Call(lock);
  const int error = NextTrywrlock::Call(lock);
  if (__builtin_expect(error != EBUSY, 1)) return error;
  return WaitForLock(lock, PPROF_CALLER(pthread_rwlock_wrlock),
                     [=]() noexcept { return NextWrlock::Call(lock); });
}

PPROF_EXPORT_WEAK int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock,
                                                 const timespec* deadline) noexcept {
  if (!hooks::ContentionOn() || !DeadlineIsValid(CLOCK_REALTIME, deadline)) {
    return NextTimedrdlock::Call(lock, deadline);
  }
  const int error = NextTryrdlock::Call(lock);
  if (error != EBUSY) return error;
  return WaitForLock(lock, PPROF_CALLER(pthread_rwlock_timedrdlock),
                     [=]() noexcept { return NextTimedrdlock::Call(lock, deadline); });
}

PPROF_EXPORT_WEAK int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock,
                                                 const timespec* deadline) noexcept {
  if (!hooks::ContentionOn() || !DeadlineIsValid(CLOCK_REALTIME, deadline)) {
    return NextTimedwrlock::Call(lock, deadline);
  }
  const int error = NextTrywrlock::Call(lock);
  if (error != EBUSY) return error;
  return WaitForLock(lock, PPROF_CALLER(pthread_rwlock_timedwrlock),
                     [=]() noexcept { return NextTimedwrlock::Call(lock, deadline); });
}

PPROF_EXPORT_WEAK int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                                                 const timespec* deadline) noexcept {
  if (!hooks::ContentionOn() || !DeadlineIsValid(clock, deadline)) {
    return NextClockrdlock::Call(lock, clock, deadline);
  }
  const int error = NextTryrdlock::Call(lock);
  if (error != EBUSY) return error;
  return WaitForLock(lock, PPROF_CALLER(pthread_rwlock_clockrdlock),
                     [=]() noexcept { return NextClockrdlock::Call(lock, clock, deadline); });
}

PPROF_EXPORT_WEAK int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                                                 const timespec* deadline) noexcept {
  if (!hooks::ContentionOn() || !DeadlineIsValid(clock, deadline)) {
    return NextClockwrlock::Call(lock, clock, deadline);
  }
  const int error = NextTrywrlock::Call(lock);
  if (error != EBUSY) return error;
  return WaitForLock(lock, PPROF_CALLER(pthread_rwlock_clockwrlock),
                     [=]() noexcept { return NextClockwrlock::Call(lock, clock, deadline); });
}

PPROF_EXPORT_WEAK int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  if (!hooks::UnlockMatters(lock)) return NextUnlock::Call(lock);
  return UnlockAndCharge(lock, PPROF_CALLER(pthread_rwlock_unlock),
                         [=]() noexcept { return NextUnlock::Call(lock); });
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS
