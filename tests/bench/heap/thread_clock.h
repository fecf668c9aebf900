// CPU time of the calling thread, unaffected by other programs.
#pragma once

#include <time.h>

namespace pprof::bench {

inline double ThreadNanos() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

}  // namespace pprof::bench
