// The timers of all threads during a CPU recording, each on its thread's CPU clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

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

  // Arms threads that have no timer. Returns the ids of all threads, ascending.
  std::vector<int32_t> LookAtThreads(const ClockVisitor& on_clock);

  // First disables new timers, then deletes all: none exists on return.
  void End();

  // Number of threads without a timer since Begin(), because the kernel refused it.
  size_t refused() const { return refused_.size(); }

 private:
  bool ArmUnregistered(int32_t tid);

  std::map<int32_t, int> unregistered_;  // timer by thread id, for threads without a ThreadRecord
  std::set<int32_t> refused_;            // thread ids
};

}  // namespace pprof::profiles
