#include <time.h>

#include "profiler/sys/time/clock.h"

namespace pprof::sys {
namespace {

timespec Read(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now;
}

uint64_t NanosOf(clockid_t clock) {
  const timespec now = Read(clock);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

int64_t WallNanos() { return static_cast<int64_t>(NanosOf(CLOCK_REALTIME)); }

uint64_t CoarseMonotonicMillis() {
  const timespec now = Read(CLOCK_MONOTONIC_COARSE);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

uint64_t MonotonicNanos() { return NanosOf(CLOCK_MONOTONIC); }

// The coarse clock advances with the tick.
uint64_t KernelTickNanos() {
  constexpr uint64_t kUsual = 4000000;  // Debian's
  timespec tick{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return tick.tv_nsec > 0 ? static_cast<uint64_t>(tick.tv_nsec) : kUsual;
}

uint64_t BootNanos() { return NanosOf(CLOCK_BOOTTIME); }

}  // namespace pprof::sys
