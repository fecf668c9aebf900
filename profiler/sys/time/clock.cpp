#include "profiler/sys/time/clock.h"

#include <time.h>

namespace pprof::sys {

int64_t WallNanos() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace pprof::sys
