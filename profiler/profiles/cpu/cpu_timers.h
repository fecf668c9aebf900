// The timers of all threads during a CPU recording, each on its thread's CPU clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "profiler/profiles/cpu/cpu_window.h"

namespace pprof::signal_safe {
struct ThreadRecord;
}

namespace pprof::profiles {

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

  // Number of threads without a timer since Begin(), because the kernel refused it.
  size_t refused() const { return refused_.size(); }

 private:
  bool Arm(int32_t tid, signal_safe::ThreadRecord& record);
  bool ArmUnregistered(int32_t tid);

  std::map<int32_t, int> unregistered_;  // timer by thread id, for threads without a ThreadRecord
  std::map<int32_t, Unsampled> why_;     // by thread id; of threads that can be sampled: none
  std::set<int32_t> refused_;            // thread ids
};

}  // namespace pprof::profiles
