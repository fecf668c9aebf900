// Weights of waits and charges on chances that the test makes up: every one of N equally likely
// ones once, so that the sum of the estimates is exactly the truth.
#include "profiler/signal_safe/contention/wait_estimate.h"

#include <gtest/gtest.h>

namespace pprof::signal_safe {
namespace {

double Never() {
  ADD_FAILURE() << "nothing is left to chance here";
  return 1;
}

struct Sum {
  int kept = 0;
  FixedCounter count{};
  uint64_t nanos = 0;

  void Add(const WaitEstimate& estimate) {
    ++kept;
    count.Add(estimate.count);
    nanos += estimate.nanos;
  }
};

// The same wait with each of 1/N, 2/N .. N/N.
void AddWaits(uint64_t nanos, uint64_t interval, int chances, Sum* sum) {
  for (int i = 1; i <= chances; ++i) {
    WaitEstimate estimate;
    const auto uniform = [&] { return static_cast<double>(i) / chances; };
    if (EstimateWait(nanos, interval, uniform, &estimate)) sum->Add(estimate);
  }
}

TEST(WaitEstimate, AWaitOfTheIntervalAndMoreIsKeptAsItWas) {
  for (const uint64_t nanos : {1000, 1001, 5'000'000}) {
    WaitEstimate estimate;
    ASSERT_TRUE(EstimateWait(nanos, 1000, Never, &estimate));
    EXPECT_EQ(estimate.count, FixedCount::OfWhole(1));
    EXPECT_EQ(estimate.nanos, nanos);
  }
}

TEST(WaitEstimate, AShorterWaitStandsForThoseThatWereNotKept) {
  Sum sum;
  AddWaits(250, 1000, 1000, &sum);
  EXPECT_EQ(sum.kept, 250);
  EXPECT_EQ(sum.count.Load(), FixedCount::OfWhole(1000));
  EXPECT_EQ(sum.nanos, 250u * 1000);
}

TEST(WaitEstimate, IsUnbiasedForEveryLength) {
  for (uint64_t nanos = 1; nanos <= 1024; ++nanos) {
    Sum sum;
    AddWaits(nanos, 1024, 1024, &sum);
    EXPECT_EQ(sum.nanos, nanos * 1024) << nanos;
    // Each weight is rounded to 1/65536.
    EXPECT_EQ(sum.count.Load().Rounded(), 1024) << nanos;
  }
}

// In the middle of a recording: each wait is weighted with the rate that it met.
TEST(WaitEstimate, ARateThatChangesBetweenWaitsBiasesNothing) {
  Sum sum;
  for (const uint64_t interval : {1000, 500, 250, 100, 2000}) AddWaits(250, interval, 1000, &sum);
  EXPECT_EQ(sum.kept, 250 + 500 + 1000 + 1000 + 125);
  EXPECT_EQ(sum.count.Load(), FixedCount::OfWhole(5000));
  EXPECT_EQ(sum.nanos, 5u * 1000 * 250);
}

// Of two CPUs' clocks: it is not lost, and counts as the shortest wait there is.
TEST(WaitEstimate, AWaitOfNoTimeCountsAsOneNanosecond) {
  Sum sum;
  AddWaits(0, 1000, 1000, &sum);
  EXPECT_EQ(sum.kept, 1);
  EXPECT_EQ(sum.count.Load(), FixedCount::OfWhole(1000));
  EXPECT_EQ(sum.nanos, 1000u);
}

TEST(WaitEstimate, AnIntervalOfOneKeepsAll) {
  for (const uint64_t nanos : {0, 1, 2}) {
    Sum sum;
    AddWaits(nanos, 1, 10, &sum);
    EXPECT_EQ(sum.kept, 10);
    EXPECT_EQ(sum.count.Load(), FixedCount::OfWhole(10));
  }
}

// The shortest wait at the longest interval.
TEST(WaitEstimate, TheLargestWeightFits) {
  constexpr uint64_t kHour = 3'600'000'000'000;
  WaitEstimate estimate;
  ASSERT_TRUE(EstimateWait(
      1, kHour, [] { return 1e-13; }, &estimate));
  EXPECT_EQ(estimate.count.Rounded(), int64_t{kHour});
  EXPECT_EQ(estimate.nanos, kHour);
  EXPECT_FALSE(EstimateWait(
      1, kHour, [] { return 1e-12; }, &estimate));
}

TEST(ChargeEstimate, OneOfNIsKeptAndStandsForN) {
  for (const uint64_t n : {2, 7, 100}) {
    Sum sum;
    for (uint64_t i = 0; i < 100 * n; ++i) {
      if (KeepsCharge(n, [&] { return i; })) sum.Add(EstimateCharge(300, 1, n));
    }
    EXPECT_EQ(sum.kept, 100) << n;
    EXPECT_EQ(sum.count.Load(), FixedCount::OfWhole(100 * n)) << n;
    EXPECT_EQ(sum.nanos, 300 * 100 * n) << n;
  }
}

TEST(ChargeEstimate, AFractionThatChangesBetweenUnlocksBiasesNothing) {
  Sum sum;
  for (const uint64_t n : {1, 4, 50}) {
    for (uint64_t i = 0; i < 100; ++i) {
      if (KeepsCharge(n, [&] { return i; })) sum.Add(EstimateCharge(10, 1, n));
    }
  }
  EXPECT_EQ(sum.kept, 100 + 25 + 2);
  EXPECT_EQ(sum.count.Load(), FixedCount::OfWhole(300));
  EXPECT_EQ(sum.nanos, 3000u);
}

TEST(ChargeEstimate, OneKeepsAllAndZeroNoneWithoutChance) {
  const auto never = [] { return static_cast<uint64_t>(Never()); };
  EXPECT_TRUE(KeepsCharge(1, never));
  EXPECT_FALSE(KeepsCharge(0, never));
}

// A sampled charge of 20 seconds at one of a billion: 634 years. A wrapped number would be shown as
// any other.
TEST(ChargeEstimate, TooMuchIsTheMostThatCanBeShown) {
  constexpr uint64_t kBillion = 1'000'000'000;
  EXPECT_EQ(EstimateCharge(9 * kBillion, 1, kBillion).nanos, 9 * kBillion * kBillion);
  EXPECT_EQ(EstimateCharge(10 * kBillion, 1, kBillion).nanos, uint64_t{INT64_MAX});
  EXPECT_EQ(EstimateCharge(20 * kBillion, 1, kBillion).nanos, uint64_t{INT64_MAX});
  EXPECT_EQ(EstimateCharge(UINT64_MAX, 1, kBillion).nanos, uint64_t{INT64_MAX});
  EXPECT_EQ(EstimateCharge(20 * kBillion, 1, kBillion).count, FixedCount::OfWhole(kBillion));
}

// What a waiter took to wake up is charged after its wait was counted.
TEST(ChargeEstimate, CountsTheWaitsOfTheCharge) {
  EXPECT_EQ(EstimateCharge(10, 3, 7).count, FixedCount::OfWhole(21));
  EXPECT_EQ(EstimateCharge(10, 0, 7).count, FixedCount::OfWhole(0));
  EXPECT_EQ(EstimateCharge(10, 0, 7).nanos, 70u);
}

}  // namespace
}  // namespace pprof::signal_safe
