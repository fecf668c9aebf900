// How long a thread has been waiting, measured without disturbing it.
#pragma once

#include <cstdint>
#include <map>

namespace pprof::sys {

// The time the thread last ran (/proc/self/task/TID/sched, se.exec_start) in nanoseconds, on the
// scheduler clock of its CPU. WaitTimeReader calibrates each CPU's clock by running there briefly.
// False: the thread is gone, or the kernel lacks the file (before 6.15 without CONFIG_SCHED_DEBUG).
// Thread safety: safe. Not async-signal-safe: opens a file.
bool ReadLastRan(int32_t tid, int64_t* nanos);

// Thread safety: none. Not async-signal-safe: allocates, and moves the calling thread to another
// CPU for microseconds.
class WaitTimeReader {
 public:
  // Nanoseconds since a thread ran on `processor`; `ran` is from ReadLastRan. False: the calling
  // thread may not run on that CPU.
  bool NanosSince(int64_t ran, int processor, uint64_t* nanos);

 private:
  // Monotonic time minus the CPU's scheduler clock, in nanoseconds.
  const int64_t* OffsetOf(int processor);

  std::map<int, int64_t> offsets_;
};

}  // namespace pprof::sys
