// One client's window on made-up samples and clocks.
#include "profiler/profiles/cpu/cpu_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "pprof/labels.h"
#include "tests/unit/profiles/profile_rows.h"

namespace pprof::profiles {
namespace {

using testing::Rows;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kInterval = 10 * kMs;
constexpr uint64_t kTick = 4 * kMs;
constexpr uint64_t kMuch = 40 * kMs;  // from here on a thread is scaled to its own clock

const std::vector<uintptr_t> kA = {0xa0, 0xf1};  // shown as "a0 f0"
const std::vector<uintptr_t> kB = {0xb0, 0xf1};

// Of a thread at work.
signal_safe::RingSample Tick(int32_t tid, const std::vector<uintptr_t>& pcs,
                             uint32_t label_set = 0) {
  signal_safe::RingSample sample{};
  sample.tid = tid;
  sample.weight = 1;
  sample.label_set = label_set;
  sample.depth = static_cast<uint32_t>(pcs.size());
  std::copy(pcs.begin(), pcs.end(), sample.pcs);
  return sample;
}

void OnTicks(CpuWindow& window, int times, int32_t tid, const std::vector<uintptr_t>& pcs) {
  for (int i = 0; i < times; ++i) window.OnSample(Tick(tid, pcs));
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

TEST(CpuWindow, WithoutAnythingIsEmpty) {
  const CpuWindow window(kInterval, kTick);
  EXPECT_EQ(Written(window), Rows());
  EXPECT_EQ(Running(window, {1, 2}, kMs), Rows());
}

TEST(CpuWindow, SamplesShareTheThreadsClock) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 1000 * kMs);
  OnTicks(window, 3, 7, kA);
  OnTicks(window, 1, 7, kB);
  window.OnClock(7, 1800 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {60, 600 * kMs}}, {"b0 f0", {20, 200 * kMs}}}));
}

TEST(CpuWindow, ThreadsThatUsedMuchAreScaledEachByItsOwnClockAndAddedUpByStack) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 0);
  window.AddThread(8, 500 * kMs);
  OnTicks(window, 1, 7, kA);
  OnTicks(window, 30, 8, kA);
  OnTicks(window, 30, 8, kB);
  window.OnClock(7, 300 * kMs);
  window.OnClock(8, 600 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {35, 350 * kMs}}, {"b0 f0", {5, 50 * kMs}}}));
}

// Three threads used 8 ms each, and one of them was sampled, twice; a fourth used 6 ms and was
// sampled once: a sample stands for 10 ms of any of them.
TEST(CpuWindow, ThreadsThatUsedLittleShareOneScale) {
  CpuWindow window(kInterval, kTick);
  OnTicks(window, 2, 7, kA);
  OnTicks(window, 1, 10, kB);
  for (const int32_t tid : {7, 8, 9}) window.OnClock(tid, 8 * kMs);
  window.OnClock(10, 6 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {2, 20 * kMs}}, {"b0 f0", {1, 10 * kMs}}}));
}

TEST(CpuWindow, WhatAThreadUsedDecidesWhoSharesItsScale) {
  CpuWindow window(kInterval, kTick);
  OnTicks(window, 1, 7, kA);
  window.OnClock(7, kMuch);
  OnTicks(window, 50, 8, kB);
  window.OnClock(8, kMuch - 1);
  window.OnClock(9, 1);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {4, 40 * kMs}}, {"b0 f0", {4, 40 * kMs}}}));
}

// A tick of the kernel is the longest part of an interval that can be sampled.
TEST(CpuWindow, MuchIsTenSamplesAtTheRateOfTheTick) {
  CpuWindow window(kMs, kTick);
  OnTicks(window, 1, 7, kA);
  window.OnClock(7, 40 * kMs);
  OnTicks(window, 3, 8, kB);
  window.OnClock(8, 40 * kMs - 1);
  window.OnClock(9, 10 * kMs + 1);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {40, 40 * kMs}}, {"b0 f0", {50, 50 * kMs}}}));
}

TEST(CpuWindow, AThreadThatUsedMuchWithoutASampleIsNotSharedOut) {
  CpuWindow window(kInterval, kTick);
  OnTicks(window, 1, 7, kA);
  window.OnClock(7, 5 * kMs);
  window.OnClock(8, kMuch);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 5 * kMs}}, {"[not sampled]", {4, kMuch}}}));
}

TEST(CpuWindow, ThreadsThatCannotBeSampledAreNamed) {
  CpuWindow window(kInterval, kTick);
  OnTicks(window, 1, 7, kA);
  window.OnClock(7, 5 * kMs);
  window.OnClock(1, 10 * kMs, Unsampled::kSignalBlocked);
  window.OnClock(2, 20 * kMs, Unsampled::kIoUring);
  window.OnClock(3, 30 * kMs, Unsampled::kKernelWorker);
  window.OnClock(4, 40 * kMs, Unsampled::kProfiler);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 5 * kMs}},
                                   {"[SIGPROF blocked]", {1, 10 * kMs}},
                                   {"[io_uring worker]", {2, 20 * kMs}},
                                   {"[kernel worker]", {3, 30 * kMs}},
                                   {"[profiler]", {4, 40 * kMs}}}));
  EXPECT_EQ(Running(window, {1, 2, 3, 4}, kInterval),
            (Rows{{"[running, SIGPROF blocked]", {1, 10 * kMs}},
                  {"[running, io_uring worker]", {2, 20 * kMs}},
                  {"[running, kernel worker]", {3, 30 * kMs}}}));
}

// It unblocked the signal meanwhile.
TEST(CpuWindow, SamplesOfAThreadThatBlocksTheSignalCount) {
  CpuWindow window(kInterval, kTick);
  OnTicks(window, 1, 7, kA);
  window.OnClock(7, 30 * kMs, Unsampled::kSignalBlocked);
  signal_safe::RingSample end = End(8, 10 * kMs);
  end.deaf = true;
  window.OnSample(end);
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0", {3, 30 * kMs}}, {"[SIGPROF blocked]", {1, 10 * kMs}}}));
}

TEST(CpuWindow, LabelsAndTruncationKeepStacksApart) {
  const LabelSet route{{"route", "/a"}};
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 0);
  window.OnSample(Tick(7, kA));
  window.OnSample(Tick(7, kA, route.id()));
  signal_safe::RingSample cut = Tick(7, kA);
  cut.end = signal_safe::StackEnd::kTruncated;
  window.OnSample(cut);
  window.OnClock(7, 30 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 10 * kMs}},
                                   {"a0 f0 {route=/a}", {1, 10 * kMs}},
                                   {"a0 f0 [truncated]", {1, 10 * kMs}}}));
}

TEST(CpuWindow, TimeWithoutASampleIsShownAsSuch) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 100 * kMs);
  window.AddThread(8, 200 * kMs);
  window.OnClock(7, 103 * kMs);
  window.OnClock(8, 204 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {1, 7 * kMs}}}));
}

TEST(CpuWindow, AThreadThatBeganInsideIsCountedFromItsBirth) {
  CpuWindow window(kInterval, kTick);
  window.OnSample(Tick(9, kA));
  window.OnClock(9, 12 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 12 * kMs}}}));
}

// The clock could not be read again, stood still, or went back: only the samples are left.
TEST(CpuWindow, WithoutAClockThatAdvancedTheIntervalCounts) {
  CpuWindow never(kInterval, kTick);
  OnTicks(never, 2, 7, kA);
  EXPECT_EQ(Written(never), (Rows{{"a0 f0", {1, 8 * kMs}}}));
  for (const uint64_t end : {500 * kMs, 499 * kMs, uint64_t{0}}) {
    CpuWindow window(kInterval, kTick);
    window.AddThread(7, 500 * kMs);
    OnTicks(window, 3, 7, kA);
    window.OnClock(7, end);
    EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 12 * kMs}}})) << end;
  }
}

TEST(CpuWindow, AThreadWithoutTimeAndSampleIsNotThere) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 500 * kMs);
  window.OnClock(7, 500 * kMs);
  EXPECT_EQ(Written(window), Rows());
}

TEST(CpuWindow, TheLastClockCounts) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 0);
  window.OnSample(Tick(7, kA));
  for (const uint64_t clock : {10 * kMs, 20 * kMs, 45 * kMs}) window.OnClock(7, clock);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {5, 45 * kMs}}}));
}

TEST(CpuWindow, AThreadThatEndsInsideIsCountedToItsLastWord) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 100 * kMs);
  window.OnSample(Tick(7, kA));
  window.OnClock(7, 110 * kMs);
  window.OnSample(End(7, 125 * kMs));
  window.OnClock(7, 126 * kMs);  // it is still listed, and runs the rest of its exit
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {3, 25 * kMs}}}));
}

TEST(CpuWindow, AThreadThatEndsWithoutASampleIsNotLost) {
  CpuWindow window(kInterval, kTick);
  window.OnSample(End(7, 3 * kMs));
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {0, 3 * kMs}}}));
}

TEST(CpuWindow, ALaterThreadOfTheSameNumberIsAnother) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 100 * kMs);
  window.OnSample(Tick(7, kA));
  window.OnSample(End(7, 120 * kMs));
  window.OnSample(Tick(7, kB));
  window.OnClock(7, 8 * kMs);  // younger than the last word of the one before
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {1, 14 * kMs}}, {"b0 f0", {2, 14 * kMs}}}));
}

// Once the number was not listed, the next thread that has it is new, however old its clock is.
TEST(CpuWindow, AnEndIsForgottenWhenTheNumberIsListedNoMore) {
  CpuWindow window(kInterval, kTick);
  window.OnSample(End(7, 20 * kMs));
  window.ForgetEnded({6, 7, 8});
  window.OnClock(7, 30 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {2, 20 * kMs}}}));
  window.ForgetEnded({6, 8});
  window.OnClock(7, 30 * kMs);
  EXPECT_EQ(Written(window), (Rows{{"[not sampled]", {5, 50 * kMs}}}));
}

TEST(CpuWindow, NanosecondsAreRoundedStackByStack) {
  CpuWindow window(kInterval, kTick);
  window.AddThread(7, 0);
  OnTicks(window, 2, 7, kA);
  OnTicks(window, 1, 7, kB);
  window.OnClock(7, 100);  // 66.7 and 33.3
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {0, 67}}, {"b0 f0", {0, 33}}}));
}

// Three times 4 ms are one period; whole numbers of them add up to the total.
TEST(CpuWindow, PeriodsAddUpToTheTotal) {
  CpuWindow window(kInterval, kTick);
  for (uintptr_t leaf = 1; leaf <= 8; ++leaf) OnTicks(window, 1, 7, {leaf * 16, 0xf1});
  window.OnClock(7, 32 * kMs);
  int64_t periods = 0;
  for (const auto& [name, values] : Written(window)) {
    EXPECT_LE(values[0], 1) << name;
    EXPECT_EQ(values[1], int64_t{4 * kMs}) << name;
    periods += values[0];
  }
  EXPECT_EQ(periods, 3);
}

TEST(CpuWindow, RunningThreadsAreThoseOfTheList) {
  CpuWindow window(kInterval, kTick);
  window.OnSample(Tick(7, kA));
  window.OnSample(Tick(8, kB));
  window.OnClock(7, 30 * kMs);
  window.OnClock(8, 40 * kMs);
  EXPECT_EQ(Running(window, {7, 99}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {3, 30 * kMs}}}));
}

TEST(CpuWindow, RunningThreadsHaveTheTimeTheyWaitedForACpu) {
  CpuWindow window(kInterval, kTick);
  OnTicks(window, 1, 7, kA);
  OnTicks(window, 3, 7, kB);
  window.OnClock(7, kMuch);
  window.AddWaitedToRun(7, 50 * kMs);
  window.AddWaitedToRun(7, 10 * kMs);
  window.AddWaitedToRun(8, 25 * kMs);  // never seen on a CPU
  EXPECT_EQ(Running(window, {7, 8}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {3, 25 * kMs}},
                                                     {"b0 f0 {state=running}", {8, 75 * kMs}},
                                                     {"[running, not sampled]", {3, 25 * kMs}}}));
}

TEST(CpuWindow, RunningThreadsThatEndedKeepTheirTime) {
  CpuWindow window(kInterval, kTick);
  window.OnSample(Tick(7, kA));
  window.AddWaitedToRun(7, 5 * kMs);
  window.OnSample(End(7, 15 * kMs));
  EXPECT_EQ(Running(window, {}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {2, 20 * kMs}}}));
}

// Their CPU time is real, so that the CPU profile has it; but they are no threads of the program.
TEST(CpuWindow, OwnThreadsThatEndedAreNotAmongTheRunningOnes) {
  CpuWindow window(kInterval, kTick);
  OnTicks(window, 1, 7, kA);
  signal_safe::RingSample end = End(7, 15 * kMs);
  end.own = true;
  window.OnSample(end);
  end.tid = 8;
  end.deaf = true;
  end.cpu_nanos = 40 * kMs;
  window.OnSample(end);
  OnTicks(window, 2, 9, kA);
  window.OnSample(End(9, 30 * kMs));
  EXPECT_EQ(Running(window, {}, 10 * kMs), (Rows{{"a0 f0 {state=running}", {3, 30 * kMs}}}));
  EXPECT_EQ(Written(window), (Rows{{"a0 f0", {5, 45 * kMs}}, {"[profiler]", {4, 40 * kMs}}}));
}

}  // namespace
}  // namespace pprof::profiles
