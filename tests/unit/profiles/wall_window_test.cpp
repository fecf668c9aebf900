// The time that the wall clock window gives to stacks.
#include <sys/syscall.h>

#include "pprof/labels.h"
#include "tests/unit/profiles/wall_window_fixture.h"

namespace pprof::profiles {
namespace {

TEST_F(WallWindowTest, WithoutThreadsIsEmpty) {
  Window window = Begin();
  Tick(window);
  window.Finish();
  EXPECT_EQ(Written(window), Rows());
}

TEST_F(WallWindowTest, OfNoLengthIsEmpty) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  window.Finish();
  EXPECT_EQ(Written(window), Rows());
}

TEST_F(WallWindowTest, AThreadThatWaitsHasAllTheTimeUntilTheEnd) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  for (int i = 0; i < 30; ++i) Tick(window);
  process_.now += 7 * kMs;
  window.Finish();
  EXPECT_EQ(Written(window), (Rows{{"a0 f0 {state=sleep}", {31, 307 * kMs}}}));
}

// A recording that is shorter than a tick.
TEST_F(WallWindowTest, TheEndLooksAtAllThreads) {
  thread(1).WaitIn(kA);
  thread(2).WaitIn(kB, SYS_poll);
  Window window = Begin();
  process_.now += 4 * kMs;
  window.Finish();
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0 {state=sleep}", {0, 4 * kMs}}, {"b0 f0 {state=IO wait}", {0, 4 * kMs}}}));
}

TEST_F(WallWindowTest, ThreadsThatWaitAlikeAreAddedUpLabelsApart) {
  const LabelSet route{{"route", "/a"}};
  for (const int32_t tid : {1, 2, 3}) thread(tid).WaitIn(kA);
  thread(3).label_set = route.id();
  Window window = Begin();
  Tick(window);
  window.Finish();
  EXPECT_EQ(Written(window), (Rows{{"a0 f0 {state=sleep}", {2, 20 * kMs}},
                                   {"a0 f0 {route=/a} {state=sleep}", {1, 10 * kMs}}}));
}

// An eighth of the wait, 16 ticks at most. The stack of a clock that stands still is read once.
TEST_F(WallWindowTest, ALongWaitIsLookedAtLessOften) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  std::vector<int> looked_at;
  for (int tick = 1; tick <= 300; ++tick) {
    const int before = thread(1).clock_looks;
    Tick(window);
    if (thread(1).clock_looks != before) looked_at.push_back(tick);
  }
  std::vector<int> expected;
  for (int tick = 1; tick <= 300; tick += std::clamp((tick - 1) / 8, 1, 16)) {
    expected.push_back(tick);
  }
  EXPECT_EQ(looked_at, expected);
  EXPECT_EQ(looked_at[16] + 2, looked_at[17]);  // after 16 ticks of waiting
  EXPECT_EQ(looked_at[looked_at.size() - 2] + 16, looked_at.back());
  EXPECT_EQ(thread(1).stack_looks, 1);
}

TEST_F(WallWindowTest, WhoRunsIsLookedAtEveryTick) {
  thread(1).Run();
  Window window = Begin();
  const int before = thread(1).clock_looks;
  for (int i = 0; i < 20; ++i) {
    thread(1).cpu += 10 * kMs;
    Tick(window);
  }
  EXPECT_EQ(thread(1).clock_looks - before, 20);
  EXPECT_EQ(Written(window), (Rows{{"[running]", {20, 200 * kMs}}}));
}

TEST_F(WallWindowTest, TheTimeBeforeTheFirstLookBelongsToItsStack) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  thread(1).cpu += 3 * kMs;
  Tick(window);
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0 {state=sleep}", {1, 7 * kMs}}, {"[running]", {0, 3 * kMs}}}));
}

// It waited on for a while, ran for 4 ms, and waits with the new stack since some moment.
TEST_F(WallWindowTest, BetweenTwoStacksTheWaitIsHalved) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  Tick(window);
  thread(1).cpu += 3 * kMs + 1;
  thread(1).WaitIn(kB);
  Tick(window);  // 6,999,999 ns off the CPU: the odd one is the old stack's
  EXPECT_EQ(Written(window), (Rows{{"a0 f0 {state=sleep}", {1, 10 * kMs + 3'500'000}},
                                   {"b0 f0 {state=sleep}", {0, 3'499'999}},
                                   {"[running]", {0, 3 * kMs + 1}}}));
}

TEST_F(WallWindowTest, WhoRunsNowWaitedWithTheOldStack) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  Tick(window);
  thread(1).cpu += 1 * kMs;
  thread(1).Run();
  Tick(window);
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0 {state=sleep}", {2, 19 * kMs}}, {"[running]", {0, 1 * kMs}}}));
  EXPECT_TRUE(waited_to_run_.empty());
}

// It waited between two looks that both found it running: told of, and counted as running.
TEST_F(WallWindowTest, AWaitThatNobodySawIsRunningTime) {
  thread(1).Run();
  Window window = Begin();
  thread(1).cpu += 4 * kMs;
  Tick(window);
  EXPECT_EQ(waited_to_run_, (std::vector<std::pair<int32_t, uint64_t>>{{1, 6 * kMs}}));
  EXPECT_EQ(Written(window), (Rows{{"[running]", {1, 10 * kMs}}}));
}

TEST_F(WallWindowTest, WaitingForACpuIsRunningTime) {
  thread(1).WaitIn(kA);
  thread(1).run_delay = 700 * kMs;  // of its life before
  Window window = Begin();
  thread(1).cpu += 2 * kMs;
  thread(1).run_delay += 5 * kMs;
  Tick(window);
  EXPECT_EQ(waited_to_run_, (std::vector<std::pair<int32_t, uint64_t>>{{1, 5 * kMs}}));
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0 {state=sleep}", {0, 3 * kMs}}, {"[running]", {1, 7 * kMs}}}));
}

TEST_F(WallWindowTest, NothingIsCountedTwiceWhenTheClocksDisagree) {
  thread(1).WaitIn(kA);
  thread(2).WaitIn(kA);
  Window window = Begin();
  thread(1).cpu += 8 * kMs;
  thread(1).run_delay += 5 * kMs;  // 13 ms of 10
  thread(2).cpu += 12 * kMs;       // more than the time that passed
  Tick(window);
  EXPECT_EQ(waited_to_run_, (std::vector<std::pair<int32_t, uint64_t>>{{1, 2 * kMs}}));
  EXPECT_EQ(Written(window), (Rows{{"[running]", {2, 20 * kMs}}}));
}

TEST_F(WallWindowTest, AKernelThatDoesNotCountTheDelayMeansNone) {
  thread(1).WaitIn(kA);
  thread(1).tells_run_delay = false;
  Window window = Begin();
  thread(1).cpu += 2 * kMs;
  thread(1).run_delay += 5 * kMs;
  Tick(window);
  EXPECT_TRUE(waited_to_run_.empty());
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0 {state=sleep}", {1, 8 * kMs}}, {"[running]", {0, 2 * kMs}}}));
}

TEST_F(WallWindowTest, WhereStacksAreRefusedTheWaitHasNone) {
  thread(1).read = BlockedRead::kRefused;
  thread(2).read = BlockedRead::kRefused;
  thread(2).waits = false;  // runs, as /proc says
  Window window = Begin();
  thread(2).cpu += 4 * kMs;
  Tick(window);
  Tick(window);
  EXPECT_EQ(waited_to_run_,
            (std::vector<std::pair<int32_t, uint64_t>>{{2, 6 * kMs}, {2, 10 * kMs}}));
  EXPECT_EQ(
      Written(window),
      (Rows{{"[no stack: the system denies every way to copy it] {state=waiting}", {2, 20 * kMs}},
            {"[running]", {2, 20 * kMs}}}));
}

TEST_F(WallWindowTest, AWorkerOfTheKernelWaitsUnderItsName) {
  thread(1).read = BlockedRead::kNoStack;
  thread(1).kernel_worker = true;
  Window window = Begin();
  for (int i = 0; i < 3; ++i) Tick(window);
  EXPECT_EQ(Written(window),
            (Rows{{"[kernel worker: io_uring or vhost] {state=waiting}", {3, 30 * kMs}}}));
}

TEST_F(WallWindowTest, AMainThreadThatHasEndedHasNoTime) {
  thread(1).read = BlockedRead::kNoStack;
  Window window = Begin();
  for (int i = 0; i < 3; ++i) Tick(window);
  EXPECT_EQ(Written(window), Rows());
}

TEST_F(WallWindowTest, TheCpuSamplersStacksStandForRunningThreadsButOurs) {
  process_.own = {3};
  for (const int32_t tid : {1, 2, 3}) thread(tid).WaitIn(kA);
  Window window = Begin();
  Tick(window);
  CpuWindow on_cpu(10 * kMs, 4 * kMs);
  for (const int32_t tid : {1, 3}) {
    on_cpu.AddThread(tid, 0);
    on_cpu.OnClock(tid, 5 * kMs);
  }
  EXPECT_EQ(Written(window, &on_cpu), (Rows{{"a0 f0 {state=sleep}", {2, 20 * kMs}},
                                            {"[running, not sampled]", {1, 5 * kMs}}}));
}

}  // namespace
}  // namespace pprof::profiles
