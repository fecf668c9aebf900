#include "profiler/profiles/wall/list_schedule.h"

#include <gtest/gtest.h>

namespace pprof::profiles {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(ListSchedule, CountsAtOnceAndThenEvery100Ms) {
  ListSchedule schedule;
  EXPECT_TRUE(schedule.TakeCount(5000 * kMs));
  EXPECT_FALSE(schedule.TakeCount(5000 * kMs));
  EXPECT_FALSE(schedule.TakeCount(5100 * kMs - 1));
  EXPECT_TRUE(schedule.TakeCount(5100 * kMs));
  EXPECT_FALSE(schedule.TakeCount(5199 * kMs));
}

// Late counts are not made up for.
TEST(ListSchedule, ALateCountPutsTheNextOff) {
  ListSchedule schedule;
  EXPECT_TRUE(schedule.TakeCount(0));
  EXPECT_TRUE(schedule.TakeCount(350 * kMs));
  EXPECT_FALSE(schedule.TakeCount(449 * kMs));
  EXPECT_TRUE(schedule.TakeCount(450 * kMs));
}

TEST(ListSchedule, ListsOncePerSecondWhenNothingChanges) {
  ListSchedule schedule;
  schedule.Listed(1000 * kMs, 1000 * kMs);
  EXPECT_FALSE(schedule.IsDue(2000 * kMs - 1, false));
  EXPECT_TRUE(schedule.IsDue(2000 * kMs, false));
}

TEST(ListSchedule, AChangeIsListedAtOnceWhenListsAreShort) {
  ListSchedule schedule;
  schedule.Listed(1000 * kMs, 1000 * kMs);
  EXPECT_TRUE(schedule.IsDue(1000 * kMs, true));
}

// 2 % of a CPU: a list of 2 ms rests for 100.
TEST(ListSchedule, ALongListRestsFiftyTimesAsLong) {
  ListSchedule schedule;
  schedule.Listed(1000 * kMs, 1002 * kMs);
  EXPECT_FALSE(schedule.IsDue(1102 * kMs - 1, true));
  EXPECT_TRUE(schedule.IsDue(1102 * kMs, true));
  EXPECT_FALSE(schedule.IsDue(1102 * kMs, false));
  EXPECT_FALSE(schedule.IsDue(2002 * kMs - 1, false));
  EXPECT_TRUE(schedule.IsDue(2002 * kMs, false));
}

TEST(ListSchedule, AVeryLongListRestsLongerThanASecond) {
  ListSchedule schedule;
  schedule.Listed(1000 * kMs, 1100 * kMs);
  for (const bool changed : {false, true}) {
    EXPECT_FALSE(schedule.IsDue(6100 * kMs - 1, changed));
    EXPECT_TRUE(schedule.IsDue(6100 * kMs, changed));
  }
}

}  // namespace
}  // namespace pprof::profiles
