#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "profiler/sys/thread/cpu_timer.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof::sys {
namespace {

// Marks signals of our timers: a unique address.
char timer_mark;

timespec ToTimespec(uint64_t nanos) {
  return {static_cast<time_t>(nanos / 1000000000), static_cast<long>(nanos % 1000000000)};
}

// `event` lacks only the mark.
int StartTimer(clockid_t clock, sigevent* event, const itimerspec& times) {
  const int saved_errno = errno;
  event->sigev_value.sival_ptr = &timer_mark;
  int timer = kNoTimer;
  if (syscall(SYS_timer_create, clock, event, &timer) != 0) {
    errno = saved_errno;
    return kNoTimer;
  }
  if (syscall(SYS_timer_settime, timer, 0, &times, nullptr) != 0) {
    syscall(SYS_timer_delete, timer);
    timer = kNoTimer;
  }
  errno = saved_errno;
  return timer;
}

}  // namespace

int StartCpuTimer(int32_t tid, int signal, uint64_t interval_nanos, uint64_t first_nanos) {
  // linux/posix-timers.h: MAKE_THREAD_CPUCLOCK(tid, CPUCLOCK_SCHED).
  const auto clock = static_cast<clockid_t>(~static_cast<uint32_t>(tid) << 3 | 6);
  sigevent event;
  std::memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event._sigev_un._tid = tid;
  return StartTimer(clock, &event, {ToTimespec(interval_nanos), ToTimespec(first_nanos)});
}

int StartAlarm(int signal, uint64_t nanos) {
  sigevent event;
  std::memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  return StartTimer(CLOCK_MONOTONIC, &event, {ToTimespec(0), ToTimespec(nanos)});
}

int CpuTimerError() {
  const int saved_errno = errno;
  sigevent event;
  std::memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;  // holds a signal, which RLIMIT_SIGPENDING counts
  event.sigev_signo = SIGPROF;
  event._sigev_un._tid = ThreadId();
  int timer = kNoTimer;
  const bool created = syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0;
  const int error = created ? 0 : errno;
  if (created) syscall(SYS_timer_delete, timer);
  errno = saved_errno;
  return error;
}

// In microseconds; the kernel looks at it in its tick, as at the others.
bool SetProcessTimer(uint64_t interval_nanos) {
  const int saved_errno = errno;
  const auto micros = static_cast<long>((interval_nanos + 999) / 1000);
  const timeval interval{micros / 1000000, micros % 1000000};
  const itimerval times{interval, interval};
  const bool set = setitimer(ITIMER_PROF, &times, nullptr) == 0;
  errno = saved_errno;
  return set;
}

bool IsProcessTimerSignal(const void* siginfo) {
  return static_cast<const siginfo_t*>(siginfo)->si_code == SI_KERNEL;
}

void DeleteTimer(int timer) {
  const int saved_errno = errno;
  syscall(SYS_timer_delete, timer);
  errno = saved_errno;
}

bool IsCpuTimerSignal(const void* siginfo) {
  const auto* info = static_cast<const siginfo_t*>(siginfo);
  return info->si_code == SI_TIMER && info->si_value.sival_ptr == &timer_mark;
}

// One of another sender is sent again.
void DropPendingTimerSignal(int signal) {
  constexpr size_t kKernelSetBytes = 8;
  const int saved_errno = errno;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  const timespec now{};
  siginfo_t info;
  const bool taken = syscall(SYS_rt_sigtimedwait, &set, &info, &now, kKernelSetBytes) == signal;
  if (taken && !IsCpuTimerSignal(&info)) SignalThread(ThreadId(), signal);
  errno = saved_errno;
}

uint64_t OwnCpuNanos() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace pprof::sys
