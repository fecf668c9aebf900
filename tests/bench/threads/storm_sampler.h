// A profiler in the storm: pprof-cpp, gperftools', or libgcc's unwinder in a handler.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace pprof::bench {

// From here on SIGPROF samples the thread that receives it.
void StartStormSampling();
// Number of samples taken.
unsigned long StopStormSampling();

// Sends SIGPROF to the calling thread `hz` times per second of wall-clock time, until it ends.
// Timers on CPU clocks cannot exceed the kernel's own tick.
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
