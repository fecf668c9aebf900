// Cycles of waiting, in dumps that never happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "profiler/profiles/threads/deadlocks.h"

namespace pprof::profiles {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Cycles = std::vector<std::vector<int32_t>>;

// Threads in the order of a dump, each with the thread it waits for; 0: nobody known.
Cycles Find(const std::vector<std::pair<int32_t, int32_t>>& waits) {
  std::vector<ThreadView> threads;
  std::vector<WaitReason> reasons;
  for (const auto& [tid, waits_for] : waits) {
    ThreadView view;
    view.tid = tid;
    threads.push_back(view);
    reasons.push_back({"sync.Mutex.Lock", "", waits_for});
  }
  return FindCycles(threads, reasons);
}

TEST(FindCycles, NobodyWaitsForNobody) {
  EXPECT_THAT(Find({}), IsEmpty());
  EXPECT_THAT(Find({{1, 0}, {2, 0}}), IsEmpty());
}

TEST(FindCycles, AThreadThatLocksItsOwnMutexAgain) {
  EXPECT_THAT(Find({{1, 0}, {2, 2}}), ElementsAre(ElementsAre(2)));
}

TEST(FindCycles, TwoInEachOthersWay) {
  EXPECT_THAT(Find({{1, 2}, {2, 1}}), ElementsAre(ElementsAre(1, 2)));
}

// In the order of waiting, which need not be that of the numbers.
TEST(FindCycles, ThreeInACircle) {
  EXPECT_THAT(Find({{1, 3}, {2, 1}, {3, 2}}), ElementsAre(ElementsAre(1, 3, 2)));
}

TEST(FindCycles, AChainThatEndsIsNone) {
  EXPECT_THAT(Find({{1, 2}, {2, 3}, {3, 4}, {4, 0}}), IsEmpty());
  EXPECT_THAT(Find({{4, 3}, {3, 2}, {2, 1}, {1, 0}}), IsEmpty());
}

TEST(FindCycles, ManyWhoWaitForOneAreNone) {
  EXPECT_THAT(Find({{1, 9}, {2, 9}, {3, 9}, {9, 0}}), IsEmpty());
}

// The owner ended, or is one of the profiler's threads, which the dump leaves out.
TEST(FindCycles, AnOwnerThatIsNotInTheDumpEndsTheChain) {
  EXPECT_THAT(Find({{1, 2}, {2, 77}}), IsEmpty());
}

TEST(FindCycles, TwoCyclesAreTwo) {
  EXPECT_THAT(Find({{1, 2}, {2, 1}, {3, 5}, {4, 3}, {5, 4}}),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3, 5, 4)));
}

// A thread that waits for one of a cycle is stuck as well, but it is no part of the cycle.
TEST(FindCycles, ATailIsNotInTheCycle) {
  EXPECT_THAT(Find({{1, 2}, {2, 3}, {3, 4}, {4, 3}}), ElementsAre(ElementsAre(3, 4)));
  EXPECT_THAT(Find({{1, 2}, {2, 1}, {8, 9}, {9, 2}}), ElementsAre(ElementsAre(1, 2)));
}

TEST(FindCycles, TwoTailsFindTheirCycleOnce) {
  EXPECT_THAT(Find({{1, 5}, {2, 6}, {5, 6}, {6, 5}}), ElementsAre(ElementsAre(5, 6)));
}

// A tail from one cycle's neighbourhood into another cycle.
TEST(FindCycles, AChainBetweenTwoCyclesJoinsNeither) {
  EXPECT_THAT(Find({{1, 1}, {2, 3}, {3, 8}, {8, 9}, {9, 8}}),
              ElementsAre(ElementsAre(1), ElementsAre(8, 9)));
}

TEST(FindCycles, ALongCircleHasAllItsThreads) {
  std::vector<std::pair<int32_t, int32_t>> waits;
  std::vector<int32_t> all;
  for (int32_t tid = 1; tid <= 1000; ++tid) {
    waits.emplace_back(tid, tid % 1000 + 1);
    all.push_back(tid);
  }
  EXPECT_EQ(Find(waits), (Cycles{all}));
}

}  // namespace
}  // namespace pprof::profiles
