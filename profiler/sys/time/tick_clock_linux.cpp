#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <type_traits>

#include "profiler/sys/time/tick_clock.h"

namespace pprof::sys {

// Used before constructors and after destructors run.
static_assert(std::is_trivially_destructible_v<TickClock>);
TickClock tick_clock;

namespace {

// 2 ms: the readings' own error, some 50 ns, is 25 ppm of it.
constexpr uint64_t kShortestCalibration = 2000000;

// The kernel monitors the counter on all CPUs and selects another clock source unless it is
// constant and synchronized.
bool KernelUsesTsc() {
  const int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                      O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char name[16] = {};
  const ssize_t length = read(fd, name, sizeof name - 1);
  close(fd);
  return length > 0 && std::strcmp(name, "tsc\n") == 0;
}

// 0.5 to 8 GHz, four cycles per tick. Anything else is not a usable counter.
bool IsPlausible(double nanos_per_tick) { return nanos_per_tick > 0.5 && nanos_per_tick < 8; }

}  // namespace

// The best of several readings: a thread may be preempted between the two clocks.
TickClock::Look TickClock::LookAtBoth() {
  Look best{};
  uint64_t shortest = UINT64_MAX;
  for (int i = 0; i < 8; ++i) {
    const uint64_t before = __rdtsc();
    const uint64_t nanos = MonotonicNanos();
    const uint64_t after = __rdtsc();
    if (after - before >= shortest) continue;
    shortest = after - before;
    best = {(before + shortest / 2) >> kCyclesShift, nanos};
  }
  return best;
}

void TickClock::Begin() { first_ = LookAtBoth(); }

void TickClock::Settle() {
  if (settled_) return;
  settled_ = true;
  if (!KernelUsesTsc()) return;
  if (first_.nanos == 0) Begin();
  while (MonotonicNanos() < first_.nanos + kShortestCalibration) {
  }
  const Look now = LookAtBoth();
  const double factor =
      static_cast<double>(now.nanos - first_.nanos) / static_cast<double>(now.ticks - first_.ticks);
  if (!IsPlausible(factor)) return;
  nanos_per_tick_.store(static_cast<uint64_t>(factor * (uint64_t{1} << kFactorShift)),
                        std::memory_order_release);
}

}  // namespace pprof::sys
