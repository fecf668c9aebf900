// pthread_join and its variants: waits for the end of a thread. Cancellation points: nothing is
// held.
#include "profiler/interpose/waits/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <pthread.h>
#include <time.h>

namespace pprof::interpose {
namespace {

constexpr char kJoin[] = "pthread_join";
constexpr char kTimedjoin[] = "pthread_timedjoin_np";
constexpr char kClockjoin[] = "pthread_clockjoin_np";

using NextJoin = Next<int(pthread_t, void**), kJoin>;
using NextTimedjoin = Next<int(pthread_t, void**, const timespec*), kTimedjoin>;
using NextClockjoin = Next<int(pthread_t, void**, clockid_t, const timespec*), kClockjoin>;

template <class Function>
PPROF_SLOW int WaitForThread(const signal_safe::Caller& caller, Function next) {
  signal_safe::Wait wait;
  const int error = next();
  if (HasWaited(error)) wait.EndedIfLong(caller);
  return error;
}

}  // namespace

void ResolveJoinFunctions() {
  NextJoin::Resolve();
  NextTimedjoin::Resolve();
  NextClockjoin::Resolve();
}

}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow
namespace hooks = pprof::signal_safe;

extern "C" {

PPROF_EXPORT_WEAK int pthread_join(pthread_t thread, void** value) {
  if (!hooks::ContentionOn()) return NextJoin::Call(thread, value);
  return WaitForThread(PPROF_CALLER(pthread_join), [=] { return NextJoin::Call(thread, value); });
}

PPROF_EXPORT_WEAK int pthread_timedjoin_np(pthread_t thread, void** value,
                                           const timespec* deadline) {
  if (!hooks::ContentionOn()) return NextTimedjoin::Call(thread, value, deadline);
  return WaitForThread(PPROF_CALLER(pthread_timedjoin_np),
                       [=] { return NextTimedjoin::Call(thread, value, deadline); });
}

PPROF_EXPORT_WEAK int pthread_clockjoin_np(pthread_t thread, void** value, clockid_t clock,
                                           const timespec* deadline) {
  if (!hooks::ContentionOn()) return NextClockjoin::Call(thread, value, clock, deadline);
  return WaitForThread(PPROF_CALLER(pthread_clockjoin_np),
                       [=] { return NextClockjoin::Call(thread, value, clock, deadline); });
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS
