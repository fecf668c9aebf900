// The rates in force while several want different ones and go in any order.
#include "profiler/profiles/contention/contention_rates.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/sys/time/tick_clock.h"

namespace pprof::profiles {
namespace {

using signal_safe::contention;
using std::chrono::nanoseconds;

class ContentionRatesTest : public ::testing::Test {
 protected:
  ~ContentionRatesTest() override {
    rates_.SetBlockInterval(nanoseconds(0));
    rates_.SetMutexFraction(0);
    EXPECT_EQ(signal_safe::contention_on, 0u) << "a request is left";
  }
  static uint64_t interval() { return contention.block_interval_ns; }
  static uint32_t fraction() { return contention.mutex_fraction; }

  ContentionRates& rates_ = ContentionRates::Instance();
};

TEST_F(ContentionRatesTest, AreOffAtFirst) {
  EXPECT_EQ(interval(), 0u);
  EXPECT_EQ(fraction(), 0u);
  EXPECT_EQ(signal_safe::contention_on, 0u);
}

TEST_F(ContentionRatesTest, TheProgramsOwnAreInForceAlone) {
  rates_.SetBlockInterval(nanoseconds(700));
  EXPECT_EQ(interval(), 700u);
  EXPECT_EQ(signal_safe::contention_on, signal_safe::kBlockOn);
  rates_.SetMutexFraction(30);
  EXPECT_EQ(fraction(), 30u);
  EXPECT_EQ(signal_safe::contention_on, signal_safe::kBlockOn | signal_safe::kMutexOn);
  rates_.SetBlockInterval(nanoseconds(0));
  EXPECT_EQ(interval(), 0u);
  EXPECT_EQ(signal_safe::contention_on, signal_safe::kMutexOn);
}

TEST_F(ContentionRatesTest, OfTheOwnAndTheWantedTheFinerCounts) {
  rates_.SetBlockInterval(nanoseconds(700));
  rates_.SetMutexFraction(30);
  {
    const auto finer = rates_.WantBlockInterval(nanoseconds(10));
    const auto coarser = rates_.WantMutexFraction(1000);
    EXPECT_EQ(interval(), 10u);
    EXPECT_EQ(fraction(), 30u);
  }
  EXPECT_EQ(interval(), 700u);
  EXPECT_EQ(fraction(), 30u);
}

// Off is not the finest.
TEST_F(ContentionRatesTest, WhereTheOwnIsOffTheWantedCounts) {
  auto interval_wanted = rates_.WantBlockInterval(nanoseconds(5000));
  EXPECT_EQ(interval(), 5000u);
  EXPECT_EQ(fraction(), 0u);
  EXPECT_EQ(signal_safe::contention_on, signal_safe::kBlockOn);
  const auto fraction_wanted = rates_.WantMutexFraction(7);
  interval_wanted.reset();
  EXPECT_EQ(signal_safe::contention_on, signal_safe::kMutexOn);
}

TEST_F(ContentionRatesTest, RequestsEndInAnyOrder) {
  auto a = rates_.WantBlockInterval(nanoseconds(300));
  auto b = rates_.WantBlockInterval(nanoseconds(100));
  auto c = rates_.WantBlockInterval(nanoseconds(200));
  EXPECT_EQ(interval(), 100u);
  c.reset();
  EXPECT_EQ(interval(), 100u);
  b.reset();
  EXPECT_EQ(interval(), 300u);
  a.reset();
  EXPECT_EQ(interval(), 0u);
}

TEST_F(ContentionRatesTest, TwoWhoWantTheSameBothHaveToGo) {
  auto a = rates_.WantMutexFraction(5);
  auto b = rates_.WantMutexFraction(5);
  a.reset();
  EXPECT_EQ(fraction(), 5u);
  b.reset();
  EXPECT_EQ(fraction(), 0u);
}

TEST_F(ContentionRatesTest, TheLastCopyOfAnAnswerCounts) {
  auto first = rates_.WantMutexFraction(5);
  auto copy = first;
  first.reset();
  EXPECT_EQ(fraction(), 5u);
  copy.reset();
  EXPECT_EQ(fraction(), 0u);
}

// In the middle of a request: it keeps at least its rate, and leaves the program's own behind.
TEST_F(ContentionRatesTest, TheProgramMayChangeItsOwnMeanwhile) {
  rates_.SetBlockInterval(nanoseconds(700));
  auto wanted = rates_.WantBlockInterval(nanoseconds(100));
  rates_.SetBlockInterval(nanoseconds(50));
  EXPECT_EQ(interval(), 50u);
  rates_.SetBlockInterval(nanoseconds(0));
  EXPECT_EQ(interval(), 100u);
  rates_.SetBlockInterval(nanoseconds(900));
  EXPECT_EQ(interval(), 100u);
  EXPECT_EQ(ContentionRates::block_interval(), nanoseconds(900));
  wanted.reset();
  EXPECT_EQ(interval(), 900u);
}

TEST_F(ContentionRatesTest, RequestsDoNotShowInTheProgramsOwn) {
  rates_.SetMutexFraction(30);
  const auto wanted = rates_.WantMutexFraction(2);
  const auto other = rates_.WantBlockInterval(nanoseconds(1));
  EXPECT_EQ(ContentionRates::mutex_fraction(), 30u);
  EXPECT_EQ(ContentionRates::block_interval(), nanoseconds(0));
}

// One nanosecond lost by a waiter, and not charged yet.
void LeaveACharge(const void* lock) {
  auto& waiters = contention.waiters;
  const uint64_t now = sys::tick_clock.Now();
  waiters.EndWait(waiters.BeginWait(lock, now - 1), now);
}

TEST_F(ContentionRatesTest, WhatWasLeftBeforeItWasSwitchedOnIsNobodys) {
  const int lock = 0;
  LeaveACharge(&lock);
  const auto wanted = rates_.WantMutexFraction(1);
  EXPECT_EQ(contention.waiters.TakeCharge(&lock, sys::tick_clock.Now()), 0u);
}

TEST_F(ContentionRatesTest, AChangeOfTheFractionKeepsWhatIsToBeCharged) {
  const int lock = 0;
  const auto wanted = rates_.WantMutexFraction(100);
  LeaveACharge(&lock);
  const auto finer = rates_.WantMutexFraction(1);
  EXPECT_EQ(contention.waiters.TakeCharge(&lock, sys::tick_clock.Now()), 1u);
}

TEST_F(ContentionRatesTest, AForkedChildHasItsParentsOwnRatesAndNoneOfItsRequests) {
  rates_.SetBlockInterval(nanoseconds(700));
  auto wanted = rates_.WantBlockInterval(nanoseconds(100));
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    if (interval() != 700) _exit(1);
    wanted.reset();  // a request of the parent's
    if (interval() != 700) _exit(2);
    auto own = ContentionRates::Instance().WantBlockInterval(nanoseconds(20));
    if (interval() != 20) _exit(3);
    own.reset();
    _exit(interval() == 700 ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(interval(), 100u);
}

}  // namespace
}  // namespace pprof::profiles
