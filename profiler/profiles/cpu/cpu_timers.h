// The timers of all threads during a CPU recording, each on its thread's CPU clock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "profiler/profiles/cpu/cpu_window.h"

namespace pprof::signal_safe {
struct ThreadRecord;
}

namespace pprof::profiles {

// The ids of all threads, ascending. Without a /proc of this pid namespace: of those that
// pthread_create started, and of the main thread. Thread safety: safe.
// Not async-signal-safe: allocates.
std::vector<int32_t> ListThreads();

// Thread safety: none; CpuSampler's mutex guards it. Not async-signal-safe: allocates.
class CpuTimers {
 public:
  // Called with each thread's CPU clock.
  using ClockVisitor = std::function<void(int32_t tid, uint64_t cpu_nanos)>;

  // From here on new threads arm their own timers. LookAtThreads() arms those of existing ones.
  void Begin(uint64_t interval_nanos);

  // Arms threads that have no timer and can be sampled. Returns the ids of all threads, ascending.
  std::vector<int32_t> LookAtThreads(const ClockVisitor& on_clock);

  // First disables new timers, then deletes all: none exists on return.
  void End();

  // Why the thread has no timer, as of the last look.
  Unsampled Why(int32_t tid) const;

  // A sentence about the timers that the kernel refused since Begin(); empty: none.
  std::string Refusal() const;

 private:
  bool Arm(int32_t tid, signal_safe::ThreadRecord& record, bool own);
  bool ArmUnregistered(int32_t tid);
  void UseProcessTimer(int error);
  void DeleteThreadTimers();

  std::map<int32_t, int> unregistered_;  // timer by thread id, for threads without a ThreadRecord
  std::map<int32_t, Unsampled> why_;     // by thread id; of threads that can be sampled: none
  int error_ = 0;                        // of a refused timer
  bool by_process_ = false;              // the process's timer stands in for those of the threads
};

}  // namespace pprof::profiles
