// pthread_cond_*wait: an unlock of the mutex, and a wait. glibc then relocks the mutex internally:
// that is part of the wait in the block profile, but the mutex's holder is not charged.
//
// Cancellation points: a hook holds nothing while waiting, so unwinding has nothing to undo; a
// cancelled wait is not counted.
#include "profiler/interpose/waits/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <pthread.h>
#include <time.h>

namespace pprof::interpose {
namespace {

constexpr char kWait[] = "pthread_cond_wait";
constexpr char kTimedwait[] = "pthread_cond_timedwait";
constexpr char kClockwait[] = "pthread_cond_clockwait";
// The current condition variables; glibc exports those of LinuxThreads under the same names.
constexpr char kVersion[] = "GLIBC_2.3.2";

using NextWait = Next<int(pthread_cond_t*, pthread_mutex_t*), kWait, kVersion>;
using NextTimedwait =
    Next<int(pthread_cond_t*, pthread_mutex_t*, const timespec*), kTimedwait, kVersion>;
using NextClockwait =
    Next<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*), kClockwait>;

// The mutex is about to be released. Its holder is charged now, inside the lock, because it waits
// afterwards.
void ChargeForWait(pthread_mutex_t* mutex, const signal_safe::Caller& caller) {
  if (!signal_safe::UnlockMatters(mutex)) return;
  signal_safe::UnlockCharge(mutex).Unlocked(caller);
}

template <class Function>
PPROF_SLOW int WaitForCondition(pthread_mutex_t* mutex, const signal_safe::Caller& caller,
                                Function next) {
  ChargeForWait(mutex, caller);
  signal_safe::Wait wait;
  const int error = next();
  if (HasWaited(error)) wait.EndedIfLong(caller);
  return error;
}

}  // namespace

void ResolveConditionFunctions() {
  NextWait::Resolve();
  NextTimedwait::Resolve();
  NextClockwait::Resolve();
}

}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow
namespace hooks = pprof::signal_safe;

extern "C" {

PPROF_EXPORT_WEAK int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  if (!hooks::ContentionOn()) return NextWait::Call(condition, mutex);
  return WaitForCondition(mutex, PPROF_CALLER(pthread_cond_wait),
                          [=] { return NextWait::Call(condition, mutex); });
}

PPROF_EXPORT_WEAK int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                             const timespec* deadline) {
  if (!hooks::ContentionOn()) return NextTimedwait::Call(condition, mutex, deadline);
  return WaitForCondition(mutex, PPROF_CALLER(pthread_cond_timedwait),
                          [=] { return NextTimedwait::Call(condition, mutex, deadline); });
}

PPROF_EXPORT_WEAK int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                             clockid_t clock, const timespec* deadline) {
  if (!hooks::ContentionOn()) return NextClockwait::Call(condition, mutex, clock, deadline);
  return WaitForCondition(mutex, PPROF_CALLER(pthread_cond_clockwait),
                          [=] { return NextClockwait::Call(condition, mutex, clock, deadline); });
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS
