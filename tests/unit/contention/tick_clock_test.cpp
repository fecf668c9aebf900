#include "profiler/sys/time/tick_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/contention/wait_truth.h"

namespace pprof::sys {
namespace {

TEST(TickClock, CountsNanosecondsUntilSettled) {
  const TickClock clock{};
  const uint64_t before = MonotonicNanos();
  const uint64_t now = clock.Now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, MonotonicNanos());
  EXPECT_EQ(clock.ToNanos(12345), 12345u);
}

// Counters of two CPUs differ: a moment's wait may seem to end before it began.
TEST(TickClock, NoTimePassesBackwards) {
  const TickClock clock{};
  EXPECT_EQ(clock.NanosBetween(1000, 1250), 250u);
  EXPECT_EQ(clock.NanosBetween(1000, 1000), 0u);
  EXPECT_EQ(clock.NanosBetween(1000, 999), 0u);
  EXPECT_EQ(clock.NanosBetween(UINT64_MAX, 0), 0u);
}

// Whatever it counts here: durations are the monotonic clock's.
TEST(StatisticalTickClock, DurationsAreTrue) {
  TickClock clock{};
  clock.Begin();
  clock.Settle();
  double best = 1;
  for (int i = 0; i < 10; ++i) {  // the thread may be preempted between the two clocks
    const uint64_t ticks = clock.Now();
    const uint64_t nanos = MonotonicNanos();
    pprof::testing::SpinFor(20000000);
    const auto by_ticks = static_cast<double>(clock.ToNanos(clock.Now() - ticks));
    const auto by_nanos = static_cast<double>(MonotonicNanos() - nanos);
    best = std::min(best, std::abs(by_ticks / by_nanos - 1));
  }
  EXPECT_LT(best, 2e-4);
}

TEST(TickClock, SettlesOnce) {
  TickClock clock{};
  clock.Settle();
  const uint64_t million = clock.ToNanos(1000000);
  pprof::testing::SpinFor(1000000);
  clock.Settle();
  EXPECT_EQ(clock.ToNanos(1000000), million);
}

// A lock may be held for days, with many waiters.
TEST(TickClock, LongTimesDoNotOverflow) {
  TickClock clock{};
  clock.Settle();
  constexpr uint64_t kTicks = uint64_t{1} << 51;
  EXPECT_NEAR(static_cast<double>(clock.ToNanos(kTicks)) / static_cast<double>(kTicks),
              static_cast<double>(clock.ToNanos(1000000000)) / 1e9, 1e-6);
}

}  // namespace
}  // namespace pprof::sys
