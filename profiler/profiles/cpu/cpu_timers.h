// The timers of all threads during a CPU recording: every thread gets one on its own CPU clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace pprof::profiles {

// Thread safety: none; CpuSampler's mutex guards it. Not signal-safe: allocates.
class CpuTimers {
 public:
  // Told of each thread's CPU clock while the threads are looked at.
  using ClockVisitor = std::function<void(int32_t tid, uint64_t cpu_nanos)>;

  // From here on new threads arm their own timers. LookAtThreads() arms those that exist.
  void Begin(uint64_t interval_nanos);

  // Threads without a timer get one. Answers the ids of all threads, ascending.
  std::vector<int32_t> LookAtThreads(const ClockVisitor& on_clock);

  // No new timers, then no timers: none of ours exists when this returns.
  void End();

  // How many threads have no timer because the kernel refused it, since Begin().
  size_t refused() const { return refused_.size(); }

 private:
  bool ArmUnregistered(int32_t tid);

  std::map<int32_t, int> unregistered_;  // timers of threads without a ThreadRecord, by thread id
  std::set<int32_t> refused_;            // threads
};

}  // namespace pprof::profiles
