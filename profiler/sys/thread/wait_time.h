// How long a thread has waited, without disturbing it.
#pragma once

#include <cstdint>
#include <map>

namespace pprof::sys {

// The scheduler notes when a thread last ran (/proc/self/task/TID/sched, se.exec_start), on a clock
// of its CPU's own. Each clock is read once by running there for a moment.
// When the thread last ran, on that clock, in nanoseconds. False: gone, or the kernel does not
// offer it (before 6.15 without CONFIG_SCHED_DEBUG). Thread safety: safe. Not signal-safe: opens a
// file.
bool ReadLastRan(int32_t tid, int64_t* nanos);

// Thread safety: none. Not signal-safe: allocates, changes the calling thread's CPU for
// microseconds.
class WaitTimeReader {
 public:
  // Nanoseconds since a thread ran on `processor`; `ran` is from ReadLastRan. False: this thread
  // may not run on that CPU.
  bool NanosSince(int64_t ran, int processor, uint64_t* nanos);

 private:
  // Monotonic time minus that CPU's scheduler clock, in nanoseconds.
  const int64_t* OffsetOf(int processor);

  std::map<int, int64_t> offsets_;
};

}  // namespace pprof::sys
