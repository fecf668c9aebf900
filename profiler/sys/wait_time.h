// How long a thread has waited, without disturbing it.
#pragma once

#include <cstdint>
#include <map>

namespace pprof::sys {

// The scheduler notes when a thread last ran (/proc/self/task/TID/sched, se.exec_start), on a clock
// of its CPU's own. Each clock is read once by running there for a moment.
// Thread safety: none. Not signal-safe: allocates, changes the calling thread's CPU for microseconds.
class WaitTimeReader {
 public:
  // Nanoseconds since the thread ran on `processor`, where it last ran. False: the kernel does not
  // offer it (before 6.15 without CONFIG_SCHED_DEBUG), or this thread may not run on that CPU.
  bool NanosSinceRan(int32_t tid, int processor, uint64_t* nanos);

 private:
  // Monotonic time minus that CPU's scheduler clock, in nanoseconds.
  const int64_t* OffsetOf(int processor);

  std::map<int, int64_t> offsets_;
  bool unavailable_ = false;
};

}  // namespace pprof::sys
