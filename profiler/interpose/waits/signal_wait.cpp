// sigwait and its variants, and signalfd: programs that take signals in this way often ask for all
// of them, and end at any. A tick of the CPU sampler or another signal of ours must not reach them.
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>

#include <cerrno>

#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_tick.h"

namespace pprof::interpose {
namespace {

constexpr char kWaitinfo[] = "sigwaitinfo";
constexpr char kTimedwait[] = "sigtimedwait";
constexpr char kSignalfd[] = "signalfd";

using NextWaitinfo = Next<int(const sigset_t*, siginfo_t*), kWaitinfo>;
using NextTimedwait = Next<int(const sigset_t*, siginfo_t*, const timespec*), kTimedwait>;
using NextSignalfd = Next<int(int, const sigset_t*, int) noexcept, kSignalfd>;

// Takes signals from `next` until one is not a tick.
template <class Function>
int TakeNoTick(siginfo_t* info, Function next) {
  siginfo_t taken;
  int signal = 0;
  do {
    signal = next(&taken);
  } while (signal > 0 && signal_safe::IsFromOwnTimer(signal, &taken));
  if (signal > 0 && info != nullptr) *info = taken;
  return signal;
}

}  // namespace
}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow

extern "C" {

PPROF_EXPORT_WEAK int sigwaitinfo(const sigset_t* set, siginfo_t* info) {
  return TakeNoTick(info, [=](siginfo_t* taken) { return NextWaitinfo::Call(set, taken); });
}

// After a tick the whole time begins again: a tick comes at most once, since waiting takes no CPU.
PPROF_EXPORT_WEAK int sigtimedwait(const sigset_t* set, siginfo_t* info, const timespec* timeout) {
  return TakeNoTick(info,
                    [=](siginfo_t* taken) { return NextTimedwait::Call(set, taken, timeout); });
}

// As glibc's: goes on after a handler ran.
PPROF_EXPORT_WEAK int sigwait(const sigset_t* set, int* signal) {
  const int saved_errno = errno;
  int taken = 0;
  do {
    taken = sigwaitinfo(set, nullptr);
  } while (taken < 0 && errno == EINTR);
  const int error = taken < 0 ? errno : 0;
  errno = saved_errno;
  if (error == 0) *signal = taken;
  return error;
}

PPROF_EXPORT_WEAK int signalfd(int fd, const sigset_t* set, int flags) noexcept {
  if (sigismember(set, SIGPROF) == 1) pprof::signal_safe::OnSignalDescriptor();
  return NextSignalfd::Call(fd, set, flags);
}

}  // extern "C"
