#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "profiler/sys/thread/cpu_timer.h"

namespace pprof::sys {
namespace {

// Marks signals of our timers: a unique address.
char timer_mark;

std::atomic<int> timer_refusal;

timespec ToTimespec(uint64_t nanos) {
  return {static_cast<time_t>(nanos / 1000000000), static_cast<long>(nanos % 1000000000)};
}

}  // namespace

int StartCpuTimer(int32_t tid, int signal, uint64_t interval_nanos, uint64_t first_nanos) {
  const int saved_errno = errno;
  // linux/posix-timers.h: MAKE_THREAD_CPUCLOCK(tid, CPUCLOCK_SCHED).
  const auto clock = static_cast<clockid_t>(~static_cast<uint32_t>(tid) << 3 | 6);
  sigevent event;
  std::memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event.sigev_value.sival_ptr = &timer_mark;
  event._sigev_un._tid = tid;
  int timer = kNoTimer;
  if (syscall(SYS_timer_create, clock, &event, &timer) != 0) {
    if (errno != EINVAL && errno != ESRCH) timer_refusal.store(errno);  // not: the thread is gone
    errno = saved_errno;
    return kNoTimer;
  }
  const itimerspec times{ToTimespec(interval_nanos), ToTimespec(first_nanos)};
  if (syscall(SYS_timer_settime, timer, 0, &times, nullptr) != 0) {
    syscall(SYS_timer_delete, timer);
    timer = kNoTimer;
  }
  errno = saved_errno;
  return timer;
}

int TimerRefusal() { return timer_refusal.load(); }

void DeleteTimer(int timer) {
  const int saved_errno = errno;
  syscall(SYS_timer_delete, timer);
  errno = saved_errno;
}

bool TimerOverrun(const void* siginfo, uint32_t* overrun) {
  const auto* info = static_cast<const siginfo_t*>(siginfo);
  if (info->si_code != SI_TIMER || info->si_value.sival_ptr != &timer_mark) return false;
  *overrun = info->si_overrun > 0 ? static_cast<uint32_t>(info->si_overrun) : 0;
  return true;
}

uint64_t OwnCpuNanos() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace pprof::sys
