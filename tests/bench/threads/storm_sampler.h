// A profiler in the storm: ours, gperftools', or libgcc's unwinder in a handler.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace pprof::bench {

// From here on SIGPROF is a sample of the thread that gets it.
void StartStormSampling();
// How many samples were taken.
unsigned long StopStormSampling();

// SIGPROF to the calling thread, `hz` times a second of wall clock time, until it ends. Timers on
// CPU clocks do not get beyond the kernel's own tick.
class ThreadTimer {
 public:
  explicit ThreadTimer(long hz) {
    sigevent event;
    std::memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = static_cast<int>(syscall(SYS_gettid));
    const itimerspec times{{0, 1000000000 / hz}, {0, 1000000000 / hz}};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0 ||
        timer_settime(timer_, 0, &times, nullptr) != 0) {
      std::abort();
    }
  }
  ~ThreadTimer() { timer_delete(timer_); }
  ThreadTimer(const ThreadTimer&) = delete;
  ThreadTimer& operator=(const ThreadTimer&) = delete;

 private:
  timer_t timer_;
};

}  // namespace pprof::bench
