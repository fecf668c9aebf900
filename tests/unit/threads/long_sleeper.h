// A thread that sleeps in one system call until it is let go.
#pragma once

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include <atomic>
#include <cerrno>

#include "tests/unit/threads/parked_thread.h"

namespace pprof::testing {

class LongSleeper {
 public:
  int32_t tid() const { return thread_.tid(); }
  // The number of times that its sleep came back with EINTR.
  int interrupted() const { return interrupted_.load(); }

 private:
  static constexpr timespec kForever{1000000, 0};

  // Only to end the sleep; others have other signals.
  static void CatchWake() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR2, &action, nullptr);
  }
  void Sleep() {
    CatchWake();
    self_ = pthread_self();
    while (!stop_) {
      if (nanosleep(&kForever, nullptr) != 0 && errno == EINTR && !stop_) ++interrupted_;
    }
    ended_ = true;
  }
  // Again until it ends: the signal may come before the sleep.
  void Wake() {
    stop_ = true;
    while (!ended_) {
      pthread_kill(self_, SIGUSR2);
      sched_yield();
    }
  }

  std::atomic<bool> stop_{false}, ended_{false};
  std::atomic<int> interrupted_{0};
  std::atomic<pthread_t> self_{};
  ParkedThread thread_{[this] { Sleep(); }, [this] { Wake(); }};
};

}  // namespace pprof::testing
