#include "profiler/symbolize/elf/time_budget.h"

#include <gtest/gtest.h>

namespace pprof::symbolize {
namespace {

constexpr auto kNever = TimeBudget::Clock::time_point::max();

TEST(TimeBudget, OfAPastDeadlineIsSpentAtTheFirstQuestion) {
  for (const auto ago : {std::chrono::nanoseconds(0), std::chrono::nanoseconds(1),
                         std::chrono::nanoseconds(1'000'000'000'000)}) {
    TimeBudget asked(TimeBudget::Clock::now() - ago);
    EXPECT_TRUE(asked.Spent());
    TimeBudget asked_now(TimeBudget::Clock::now() - ago);
    EXPECT_TRUE(asked_now.SpentNow());
  }
  TimeBudget earliest(TimeBudget::Clock::time_point::min());
  EXPECT_TRUE(earliest.SpentNow());
}

TEST(TimeBudget, WithTimeLeftIsNotSpentHoweverOftenItIsAsked) {
  TimeBudget budget(kNever);
  for (int i = 0; i < 10000; ++i) ASSERT_FALSE(budget.Spent());
  EXPECT_FALSE(budget.SpentNow());
}

TEST(TimeBudget, NobodyWaitsAnyMore) {
  int asked = 0;
  TimeBudget budget(kNever, [&] { return ++asked == 1; });
  EXPECT_TRUE(budget.Spent());
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(budget.Spent());
  EXPECT_TRUE(budget.SpentNow());
  EXPECT_EQ(asked, 1) << "what is spent stays spent";
}

// Past the deadline it makes no difference whether somebody waits.
TEST(TimeBudget, AfterTheDeadlineNobodyIsAsked) {
  int asked = 0;
  TimeBudget budget(TimeBudget::Clock::now(), [&] { return ++asked > 0; });
  EXPECT_TRUE(budget.SpentNow());
  EXPECT_EQ(asked, 0);
}

// One look at the clock in 256 questions.
TEST(TimeBudget, AsksItsQuestionInTheFirstOf256Only) {
  int asked = 0;
  TimeBudget budget(kNever, [&] {
    ++asked;
    return false;
  });
  for (int i = 0; i < 256; ++i) ASSERT_FALSE(budget.Spent());
  EXPECT_EQ(asked, 1);
}

TEST(TimeBudget, IsSpentAtTheLatestAtALookAfterTheNextPause) {
  bool cancelled = false;
  TimeBudget budget(kNever, [&] { return cancelled; });
  EXPECT_FALSE(budget.SpentNow());
  cancelled = true;
  const auto asked_again = TimeBudget::Clock::now() + TimeBudget::kAskCancelled;
  while (TimeBudget::Clock::now() < asked_again) {
  }
  EXPECT_TRUE(budget.SpentNow());
}

}  // namespace
}  // namespace pprof::symbolize
