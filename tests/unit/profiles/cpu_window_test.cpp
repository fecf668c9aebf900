// One client's window on made-up samples and clocks.
#include "profiler/profiles/cpu/cpu_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "pprof/labels.h"
#include "tests/unit/profiles/profile_rows.h"

namespace pprof::profiles {
namespace {

using testing::Rows;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kInterval = 10 * kMs;

const std::vector<uintptr_t> kA = {0xa0, 0xf1};  // shown as "a0 f0"
const std::vector<uintptr_t> kB = {0xb0, 0xf1};

// Of a thread at work; `weight` timer expirations.
signal_safe::RingSample Tick(int32_t tid, const std::vector<uintptr_t>& pcs, uint32_t weight = 1,
                             uint32_t label_set = 0) {
  signal_safe::RingSample sample{};
  sample.tid = tid;
  sample.weight = weight;
  sample.label_set = label_set;
  sample.depth = static_cast<uint32_t>(pcs.size());
  std::copy(pcs.begin(), pcs.end(), sample.pcs);
  return sample;
}

// The last word of a thread.
signal_safe::RingSample End(int32_t tid, uint64_t cpu_nanos) {
  signal_safe::RingSample sample{};
  sample.tid = tid;
  sample.cpu_nanos = cpu_nanos;
  return sample;
}

Rows Written(const CpuWindow& window) {
  SnapshotBuilder builder(testing::TypeWithColumns(2), {});
  window.WriteTo(builder);
  return testing::RowsOf(builder);
}

Rows Running(const CpuWindow& window, const std::vector<int32_t>& tids, uint64_t tick_nanos) {
  SnapshotBuilder builder(testing::TypeWithColumns(2), {});
  window.WriteRunning(tids, tick_nanos, builder);
  return testing::RowsOf(builder);
}

TEST(CpuWindow, StacksBeyondTheBudgetOfAllWindowsShareAFrame) {
  const auto budget = std::make_shared<StackBudget>();
  {
    CpuWindow first(kInterval, budget);
    const std::vector<uintptr_t> deep(100, 0xf1);
    for (uintptr_t i = 0; i < 20000; ++i) {
      std::vector<uintptr_t> pcs = deep;
      pcs[0] = 0x1000 + i;
      first.OnSample(Tick(1, pcs));
    }
    CpuWindow second(kInterval, budget);
    for (const auto& pcs : {kA, kB}) second.OnSample(Tick(1, pcs));
    EXPECT_EQ(Written(second), (Rows{{"pprof::StackTableFull", {2, 20000000}}}));
  }
  CpuWindow third(kInterval, budget);
  third.OnSample(Tick(1, kA));
  EXPECT_EQ(Written(third), (Rows{{"a0 f0", {1, 10000000}}})) << "the others gave theirs back";
}

TEST(CpuWindow, WithoutAnythingIsEmpty) {
  const CpuWindow window(kInterval);
  EXPECT_EQ(Written(window), Rows());
  EXPECT_EQ(Running(window, {1, 2}, kMs), Rows());
}

TEST(CpuWindow, SamplesShareTheThreadsClock) {
  CpuWindow window(kInterval);
  window.AddThread(7, 1000 * kMs);
  for (int i = 0; i < 3; ++i) window.OnSample(Tick(7, kA));
  window.OnSample(Tick(7, kB));
  window.OnClock(7, 1080 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {3, 60 * kMs}}, {"b0 f0", {1, 20 * kMs}}}));
}

// A late tick stands for several expirations.
TEST(CpuWindow, WeightsCountNotSamples) {
  CpuWindow window(kInterval);
  window.AddThread(7, 0);
  window.OnSample(Tick(7, kA, 4));
  window.OnSample(Tick(7, kB, 1));
  window.OnClock(7, 100 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {4, 80 * kMs}}, {"b0 f0", {1, 20 * kMs}}}));
}

TEST(CpuWindow, ThreadsAreScaledEachByItsOwnClockAndAddedUpByStack) {
  CpuWindow window(kInterval);
  window.AddThread(7, 0);
  window.AddThread(8, 500 * kMs);
  window.OnSample(Tick(7, kA));
  window.OnSample(Tick(8, kA));
  window.OnSample(Tick(8, kB));
  window.OnClock(7, 30 * kMs);
  window.OnClock(8, 510 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {2, 35 * kMs}}, {"b0 f0", {1, 5 * kMs}}}));
}

TEST(CpuWindow, LabelsAndTruncationKeepStacksApart) {
  const LabelSet route{{"route", "/a"}};
  CpuWindow window(kInterval);
  window.AddThread(7, 0);
  window.OnSample(Tick(7, kA));
  window.OnSample(Tick(7, kA, 1, route.id()));
  signal_safe::RingSample cut = Tick(7, kA);
  cut.truncated = true;
  window.OnSample(cut);
  window.OnClock(7, 30 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 10 * kMs}},
                                   {"a0 f0 {route=/a}", {1, 10 * kMs}},
                                   {"a0 f0 [truncated]", {1, 10 * kMs}}}));
}

TEST(CpuWindow, TimeWithoutASampleIsShownAsSuch) {
  CpuWindow window(kInterval);
  window.AddThread(7, 100 * kMs);
  window.AddThread(8, 200 * kMs);
  window.OnClock(7, 103 * kMs);
  window.OnClock(8, 204 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {0, 7 * kMs}}}));
}

TEST(CpuWindow, AThreadThatBeganInsideIsCountedFromItsBirth) {
  CpuWindow window(kInterval);
  window.OnSample(Tick(9, kA));
  window.OnClock(9, 12 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 12 * kMs}}}));
}

// The clock could not be read again, stood still, or went back: only the count is left.
TEST(CpuWindow, WithoutAClockThatAdvancedTheIntervalCounts) {
  CpuWindow never(kInterval);
  never.OnSample(Tick(7, kA, 2));
  EXPECT_EQ(Written(never), (Rows{{"a0 f0", {2, 20 * kMs}}}));
  for (const uint64_t end : {500 * kMs, 499 * kMs, uint64_t{0}}) {
    CpuWindow window(kInterval);
    window.AddThread(7, 500 * kMs);
    window.OnSample(Tick(7, kA, 3));
    window.OnClock(7, end);
    EXPECT_EQ(Written(window), (Rows{{"a0 f0", {3, 30 * kMs}}})) << end;
  }
}

TEST(CpuWindow, AThreadWithoutTimeAndSampleIsNotThere) {
  CpuWindow window(kInterval);
  window.AddThread(7, 500 * kMs);
  window.OnClock(7, 500 * kMs);
  EXPECT_EQ(Written(window), Rows());
}

TEST(CpuWindow, TheLastClockCounts) {
  CpuWindow window(kInterval);
  window.AddThread(7, 0);
  window.OnSample(Tick(7, kA));
  for (const uint64_t clock : {10 * kMs, 20 * kMs, 45 * kMs}) window.OnClock(7, clock);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 45 * kMs}}}));
}

TEST(CpuWindow, AThreadThatEndsInsideIsCountedToItsLastWord) {
  CpuWindow window(kInterval);
  window.AddThread(7, 100 * kMs);
  window.OnSample(Tick(7, kA));
  window.OnClock(7, 110 * kMs);
  window.OnSample(End(7, 125 * kMs));
  window.OnClock(7, 126 * kMs);  // it is still listed, and runs the rest of its exit
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 25 * kMs}}}));
}

TEST(CpuWindow, AThreadThatEndsWithoutASampleIsNotLost) {
  CpuWindow window(kInterval);
  window.OnSample(End(7, 3 * kMs));
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {0, 3 * kMs}}}));
}

TEST(CpuWindow, ALaterThreadOfTheSameNumberIsAnother) {
  CpuWindow window(kInterval);
  window.AddThread(7, 100 * kMs);
  window.OnSample(Tick(7, kA));
  window.OnSample(End(7, 120 * kMs));
  window.OnSample(Tick(7, kB));
  window.OnClock(7, 8 * kMs);  // younger than the last word of the one before
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 20 * kMs}}, {"b0 f0", {1, 8 * kMs}}}));
}

// Once the number was not listed, the next thread that has it is new, however old its clock is.
TEST(CpuWindow, AnEndIsForgottenWhenTheNumberIsListedNoMore) {
  CpuWindow window(kInterval);
  window.OnSample(End(7, 20 * kMs));
  window.ForgetEnded({6, 7, 8});
  window.OnClock(7, 30 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {0, 20 * kMs}}}));
  window.ForgetEnded({6, 8});
  window.OnClock(7, 30 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {0, 50 * kMs}}}));
}

TEST(CpuWindow, WeightsBeyond32BitsAreKept) {
  CpuWindow window(kInterval);
  window.AddThread(7, 0);
  window.OnSample(Tick(7, kA, UINT32_MAX));
  window.OnSample(Tick(7, kA, UINT32_MAX));
  window.OnClock(7, kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {2 * int64_t{UINT32_MAX}, kMs}}}));
}

TEST(CpuWindow, NanosecondsAreRoundedStackByStack) {
  CpuWindow window(kInterval);
  window.AddThread(7, 0);
  window.OnSample(Tick(7, kA, 2));
  window.OnSample(Tick(7, kB, 1));
  window.OnClock(7, 100);  // 66.7 and 33.3
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {2, 67}}, {"b0 f0", {1, 33}}}));
}

TEST(CpuWindow, RunningThreadsAreThoseOfTheList) {
  CpuWindow window(kInterval);
  window.OnSample(Tick(7, kA));
  window.OnSample(Tick(8, kB));
  window.OnClock(7, 30 * kMs);
  window.OnClock(8, 40 * kMs);
  EXPECT_EQ(Running(window, {7, 99}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {3, 30 * kMs}}}));
}

TEST(CpuWindow, RunningThreadsHaveTheTimeTheyWaitedForACpu) {
  CpuWindow window(kInterval);
  window.OnSample(Tick(7, kA, 1));
  window.OnSample(Tick(7, kB, 3));
  window.OnClock(7, 40 * kMs);
  window.AddWaitedToRun(7, 30 * kMs);
  window.AddWaitedToRun(7, 10 * kMs);
  window.AddWaitedToRun(8, 25 * kMs);  // never seen on a CPU
  EXPECT_EQ(Running(window, {7, 8}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {2, 20 * kMs}},
                                                     {"b0 f0 {state=running}", {6, 60 * kMs}},
                                                     {"[running, not sampled]", {3, 25 * kMs}}}));
}

TEST(CpuWindow, RunningThreadsThatEndedKeepTheirTime) {
  CpuWindow window(kInterval);
  window.OnSample(Tick(7, kA));
  window.AddWaitedToRun(7, 5 * kMs);
  window.OnSample(End(7, 15 * kMs));
  EXPECT_EQ(Running(window, {}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {2, 20 * kMs}}}));
}

// Their CPU time is real, so that the CPU profile has it; but they are no threads of the program.
TEST(CpuWindow, OwnThreadsThatEndedAreNotAmongTheRunningOnes) {
  CpuWindow window(kInterval);
  window.OnSample(Tick(7, kA));
  signal_safe::RingSample end = End(7, 15 * kMs);
  end.own = true;
  window.OnSample(end);
  end.tid = 8;  // without a sample: they block all signals
  end.cpu_nanos = 4 * kMs;
  window.OnSample(end);
  window.OnSample(Tick(9, kA));
  window.OnSample(End(9, 20 * kMs));
  EXPECT_EQ(Running(window, {}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {2, 20 * kMs}}}));
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {2, 35 * kMs}}, {"[not sampled]", {0, 4 * kMs}}}));
}

}  // namespace
}  // namespace pprof::profiles
