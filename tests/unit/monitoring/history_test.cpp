#include "profiler/monitoring/history.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "pprof/mark.h"
#include "pprof/pprof.h"
#include "profiler/sys/time/clock.h"

namespace pprof::monitoring {
namespace {

constexpr int64_t kSecond = 1000000000;

TEST(History, TakesOneReadingASecondHoweverManyAsk) {
  History history;
  history.Prepare();
  sys::ProcessUsageReader reader;
  const int64_t left = history.TakeIfDue(&reader);
  EXPECT_GT(left, 0);
  EXPECT_LE(left, kSecond);
  EXPECT_LE(history.TakeIfDue(&reader), left);
  const HistoryCopy copy = history.Read();
  for (const auto& rows : copy.rows) {
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_GT(rows[0].resident_bytes, 1 << 20);
    EXPECT_GT(rows[0].threads, 0);
    const int64_t wall = rows[0].boot_nanos + copy.wall_minus_boot;
    EXPECT_NEAR(static_cast<double>(wall), static_cast<double>(sys::WallNanos()), 5.0 * kSecond);
  }
  const bool has_heap = Collect("heap").ok();
  EXPECT_EQ(copy.rows[0][0].in_use_bytes > 0, has_heap);
  EXPECT_EQ(copy.rows[0][0].free_bytes >= 0, has_heap);
}

TEST(History, MarksAreCleanAndHaveTheTimeOfTheWallClock) {
  const int64_t before = sys::WallNanos();
  Mark("purge");
  Mark("a\nb\xff<script>");
  const HistoryCopy copy = History::Instance().Read();
  ASSERT_GE(copy.marks.size(), 2u);
  EXPECT_EQ(copy.marks[0].text, "purge");
  EXPECT_EQ(copy.marks[0].kind, MarkKind::kMark);
  EXPECT_GE(copy.marks[0].wall_nanos, before - kSecond / 1000);
  EXPECT_LE(copy.marks[0].wall_nanos, sys::WallNanos() + kSecond / 1000);
  EXPECT_EQ(copy.marks[1].text, "a b\xef\xbf\xbd<script>");
}

TEST(History, AChangeOfRatesIsMarked) {
  const size_t before = History::Instance().Read().marks.size();
  Mark("the history is there");
  Sampling sampling = GetSampling();
  ASSERT_TRUE(SetSampling(sampling).ok());  // no change
  sampling.mutex_fraction = 7;
  sampling.block_interval = std::chrono::microseconds(20);
  ASSERT_TRUE(SetSampling(sampling).ok());
  const HistoryCopy copy = History::Instance().Read();
  ASSERT_EQ(copy.marks.size(), before + 2);
  EXPECT_EQ(copy.marks.back().kind, MarkKind::kRate);
  EXPECT_EQ(copy.marks.back().text,
            "heap " + std::to_string(sampling.heap_interval) + " B, block 20000 ns, mutex 7");
}

TEST(History, AForkedChildHasItsOwn) {
  Mark("parent's");
  const size_t marks = History::Instance().Read().marks.size();
  const pid_t child = fork();
  if (child == 0) {
    Mark("child's");
    const HistoryCopy copy = History::Instance().Read();
    _exit(copy.marks.size() == 1 && copy.marks[0].text == "child's" ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(History::Instance().Read().marks.size(), marks);
}

}  // namespace
}  // namespace pprof::monitoring
