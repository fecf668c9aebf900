// sem_wait and its variants: waits without a holder. They are cancellation points even without
// waiting, so the semaphore is inspected, not tried. A wait that begins after that is not counted.
#include "profiler/interpose/waits/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <semaphore.h>
#include <time.h>

namespace pprof::interpose {
namespace {

constexpr char kWait[] = "sem_wait";
constexpr char kTimedwait[] = "sem_timedwait";
constexpr char kClockwait[] = "sem_clockwait";

using NextWait = Next<int(sem_t*), kWait>;
using NextTimedwait = Next<int(sem_t*, const timespec*), kTimedwait>;
using NextClockwait = Next<int(sem_t*, clockid_t, const timespec*), kClockwait>;

bool WouldWait(sem_t* semaphore) {
  int value = 0;
  return signal_safe::ContentionOn() && sem_getvalue(semaphore, &value) == 0 && value == 0;
}

template <class Function>
PPROF_SLOW int WaitForSemaphore(const signal_safe::Caller& caller, Function next) {
  signal_safe::Wait wait;
  const int result = next();
  if (result == 0 || errno == ETIMEDOUT || errno == EINTR) wait.EndedIfLong(caller);
  return result;
}

}  // namespace

void ResolveSemaphoreFunctions() {
  NextWait::Resolve();
  NextTimedwait::Resolve();
  NextClockwait::Resolve();
}

}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow

extern "C" {

PPROF_EXPORT_WEAK int sem_wait(sem_t* semaphore) {
  if (!WouldWait(semaphore)) return NextWait::Call(semaphore);
  return WaitForSemaphore(PPROF_CALLER(sem_wait), [=] { return NextWait::Call(semaphore); });
}

PPROF_EXPORT_WEAK int sem_timedwait(sem_t* semaphore, const timespec* deadline) {
  if (!WouldWait(semaphore)) return NextTimedwait::Call(semaphore, deadline);
  return WaitForSemaphore(PPROF_CALLER(sem_timedwait),
                          [=] { return NextTimedwait::Call(semaphore, deadline); });
}

PPROF_EXPORT_WEAK int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* deadline) {
  if (!WouldWait(semaphore)) return NextClockwait::Call(semaphore, clock, deadline);
  return WaitForSemaphore(PPROF_CALLER(sem_clockwait),
                          [=] { return NextClockwait::Call(semaphore, clock, deadline); });
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS
