// Ticks of the CPU profile at moments chosen by a test instead of a timer.
//
// The handler only accepts signals of its own timers, so the signal information of a real one is
// saved and passed to it again. Thread safety: one recording at a time.
#pragma once

#include <signal.h>
#include <time.h>
#include <ucontext.h>

#include <atomic>
#include <cstdint>

namespace pprof::bench {

using Handler = void (*)(int, siginfo_t*, void*);

class TickForger {
 public:
  // REQUIRES: a CPU recording runs. Uses CPU time until a tick arrives, at most 10 s; false: none
  // arrived.
  static bool Learn();

  // Runs the profiler's tick handler. REQUIRES: Learn() returned true; the recording runs.
  // Signal handler only.
  static void Tick(void* ucontext) { real_(SIGPROF, &info_, ucontext); }

  // Redirects SIGPROF to `handler`, which may call Tick(); Restore() before the recording ends.
  static void Replace(Handler handler) { Install(handler); }
  static void Restore() { sigaction(SIGPROF, &before_, nullptr); }

 private:
  static void Install(Handler handler) {
    struct sigaction action = before_;
    action.sa_sigaction = handler;
    sigaction(SIGPROF, &action, nullptr);
  }
  static void Keep(int, siginfo_t* info, void* ucontext) {
    if (info->si_code == SI_TIMER && !learned_.load()) {
      info_ = *info;
      info_.si_overrun = 0;
      learned_.store(true);
    }
    real_(SIGPROF, info, ucontext);
  }

  static inline struct sigaction before_;
  static inline Handler real_;
  static inline siginfo_t info_;
  static inline std::atomic<bool> learned_;
};

inline bool TickForger::Learn() {
  learned_.store(false);
  sigaction(SIGPROF, nullptr, &before_);
  real_ = before_.sa_sigaction;
  Install(Keep);
  timespec begin{}, now{};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while (!learned_.load() && now.tv_sec - begin.tv_sec < 60);
  Restore();
  return learned_.load();
}

}  // namespace pprof::bench
