// Whether ticks become samples fairly, by a model of the kernel's timers: exact sums over all
// moments at which a thread can begin, and a simulation with a fixed seed.
#include "profiler/signal_safe/hooks/tick_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "profiler/profiles/cpu/cpu_window.h"
#include "tests/unit/profiles/profile_rows.h"

namespace pprof::profiles {
namespace {

using signal_safe::PlanTicks;
using signal_safe::TickPlan;

constexpr uint64_t kUs = 1000;
constexpr uint64_t kMs = 1'000'000;

// The timer of one thread, by the thread's CPU clock.
class Timer {
 public:
  Timer(const TickPlan& plan, uint64_t random)
      : interval_(plan.IntervalNanos()), expires_(plan.FirstNanos(random)) {}

  // The kernel's tick finds the thread running. True: a signal.
  bool Tick(uint64_t cpu) {
    if (cpu < expires_) return false;
    expires_ += ((cpu - expires_) / interval_ + 1) * interval_;
    return true;
  }

 private:
  const uint64_t interval_;
  uint64_t expires_;
};

TEST(TickPlan, ATickOfFourMillisecondsSignalsEachTime) {
  const TickPlan plan = PlanTicks(10 * kMs, 4 * kMs);
  EXPECT_EQ(plan.IntervalNanos(), 1u);
  EXPECT_EQ(plan.FirstNanos(12345), 1u);
  EXPECT_NEAR(static_cast<double>(plan.kept) / 0x1p64, 0.4, 1e-9);
}

TEST(TickPlan, MoreThanTheTickGivesIsNotThere) {
  for (const uint64_t interval : {kMs, 2 * kMs, 4 * kMs}) {
    const TickPlan plan = PlanTicks(interval, 4 * kMs);
    EXPECT_EQ(plan.IntervalNanos(), 1u);
    EXPECT_TRUE(plan.Keeps(UINT64_MAX));
  }
  EXPECT_NEAR(static_cast<double>(PlanTicks(20 * kMs, 10 * kMs).kept) / 0x1p64, 0.5, 1e-9);
}

TEST(TickPlan, ShortTicksAreSkippedUnlessTheClientWantsThem) {
  const TickPlan plan = PlanTicks(10 * kMs, kMs);
  EXPECT_EQ(plan.IntervalNanos(), 4 * kMs);
  EXPECT_EQ(plan.FirstNanos(0), 1u);
  EXPECT_EQ(plan.FirstNanos(7), 1 + 3 * kMs);
  EXPECT_NEAR(static_cast<double>(plan.kept) / 0x1p64, 0.4, 1e-9);
  EXPECT_EQ(PlanTicks(2 * kMs, kMs).IntervalNanos(), 2 * kMs);
  EXPECT_TRUE(PlanTicks(2 * kMs, kMs).Keeps(UINT64_MAX));
  EXPECT_EQ(PlanTicks(kMs, kMs).IntervalNanos(), 1u);
}

// Summed over all moments of a tick at which the thread can begin, in microseconds, and all first
// expiries. The thread runs without a break.
uint64_t SignalsOf(const TickPlan& plan, uint64_t life) {
  uint64_t signals = 0;
  for (uint64_t first_tick = kUs; first_tick <= plan.tick_nanos; first_tick += kUs) {
    for (uint64_t random = 0; random < plan.ticks_a_signal; ++random) {
      Timer timer(plan, random);
      for (uint64_t cpu = first_tick; cpu <= life; cpu += plan.tick_nanos) {
        signals += timer.Tick(cpu) ? 1 : 0;
      }
    }
  }
  return signals;
}

TEST(TickPlan, SignalsAreInProportionToTheTimeOfAThreadOfAnyLife) {
  for (const uint64_t tick : {kMs, 4 * kMs, 10 * kMs}) {
    const TickPlan plan = PlanTicks(10 * kMs, tick);
    const uint64_t starts = tick / kUs * plan.ticks_a_signal;
    const uint64_t signal_nanos = tick * plan.ticks_a_signal;
    for (const uint64_t life : {kUs, 200 * kUs, 600 * kUs, 2 * kMs, 20 * kMs, 33 * kMs}) {
      EXPECT_EQ(SignalsOf(plan, life) * signal_nanos, starts * life) << tick << " " << life;
    }
  }
}

// Threads one after the other on one CPU, in a random order, of four kinds with a quarter of the
// time each; every kind has a stack of its own.
class Machine {
 public:
  Machine(uint64_t interval, uint64_t tick)
      : plan_(PlanTicks(signal_safe::SampleNanos(interval), tick)), window_(interval, tick) {}

  void RunThread(uintptr_t stack, uint64_t life) {
    Timer timer(plan_, random_());
    const int32_t tid = ++tid_;
    const uint64_t begin = now_;
    now_ += life;
    for (; next_tick_ <= now_; next_tick_ += plan_.tick_nanos) {
      if (!timer.Tick(next_tick_ - begin) || !plan_.Keeps(random_())) continue;
      signal_safe::RingSample sample{};
      sample.tid = tid;
      sample.weight = 1;
      sample.depth = 1;
      sample.pcs[0] = stack;
      window_.OnSample(sample);
    }
    signal_safe::RingSample end{};
    end.tid = tid;
    end.cpu_nanos = life;
    window_.OnSample(end);
  }

  testing::Rows Rows() const {
    SnapshotBuilder builder(testing::TypeWithColumns(2), {});
    window_.WriteTo(builder);
    return testing::RowsOf(builder);
  }
  std::mt19937_64& random() { return random_; }
  uint64_t now() const { return now_; }

 private:
  const TickPlan plan_;
  CpuWindow window_;
  std::mt19937_64 random_{20};
  int32_t tid_ = 0;
  uint64_t now_ = 0;
  uint64_t next_tick_ = kMs / 2;
};

// A life of `about`, half of it to one and a half, so that nothing is in step with the tick.
uint64_t Varied(uint64_t about, std::mt19937_64& random) { return about / 2 + random() % about; }

TEST(TickPlan, ThreadsOfFourLivesHaveTheirShares) {
  const std::vector<uint64_t> lives = {200 * kUs, 600 * kUs, 2 * kMs, 20 * kMs};
  for (const uint64_t tick : {kMs, 4 * kMs, 10 * kMs}) {
    Machine machine(10 * kMs, tick);
    // By number, so that each kind has a quarter of the time.
    std::discrete_distribution<size_t> next_kind({300, 100, 30, 3});
    std::vector<double> used(lives.size());
    while (machine.now() < 100'000 * kMs) {
      const size_t kind = next_kind(machine.random());
      const uint64_t life = Varied(lives[kind], machine.random());
      machine.RunThread(0xa0 + kind, life);
      used[kind] += static_cast<double>(life);
    }
    const testing::Rows rows = machine.Rows();
    double total = 0;
    for (const auto& [name, values] : rows) total += static_cast<double>(values[1]);
    const auto now = static_cast<double>(machine.now());
    EXPECT_NEAR(total, now, 10);  // rounded stack by stack
    for (size_t kind = 0; kind < lives.size(); ++kind) {
      const auto told = static_cast<double>(rows.at("a" + std::to_string(kind))[1]);
      // 10,000 samples or more: a standard deviation of 0.43 points.
      EXPECT_NEAR(told / total, used[kind] / now, 0.015) << lives[kind] << " " << tick;
    }
  }
}

TEST(TickPlan, SamplesAreMoreThanThePeriodSaysUpTo250InASecond) {
  EXPECT_EQ(signal_safe::SampleNanos(1000 * kMs), 400 * kMs);
  EXPECT_EQ(signal_safe::SampleNanos(20 * kMs), 8 * kMs);
  EXPECT_EQ(signal_safe::SampleNanos(10 * kMs), 4 * kMs);
  EXPECT_EQ(signal_safe::SampleNanos(5 * kMs), 4 * kMs);
  EXPECT_EQ(signal_safe::SampleNanos(4 * kMs), 4 * kMs);
  EXPECT_EQ(signal_safe::SampleNanos(kMs), kMs);
}

}  // namespace
}  // namespace pprof::profiles
