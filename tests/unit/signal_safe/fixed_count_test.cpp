#include "profiler/signal_safe/tables/fixed_count.h"

#include <gtest/gtest.h>

namespace pprof::signal_safe {
namespace {

constexpr double kUnit = 1.0 / 65536;

TEST(FixedCount, WholeNumbersAreExact) {
  for (const uint64_t count : {uint64_t{0}, uint64_t{1}, uint64_t{1'000'000'000}}) {
    EXPECT_EQ(FixedCount::OfWhole(count).Rounded(), static_cast<int64_t>(count));
    EXPECT_EQ(FixedCount::OfWhole(count), FixedCount::Of(static_cast<double>(count)));
  }
}

TEST(FixedCount, WeightsAreRoundedToTheNearestUnit) {
  EXPECT_EQ(FixedCount::Of(kUnit), FixedCount::Of(kUnit * 1.49));
  EXPECT_NE(FixedCount::Of(kUnit), FixedCount::Of(kUnit * 1.5));
  EXPECT_TRUE(FixedCount::Of(kUnit * 0.49).IsZero());
  EXPECT_FALSE(FixedCount::Of(kUnit * 0.5).IsZero());
}

TEST(FixedCount, IsShownAsTheNearestWholeNumber) {
  EXPECT_EQ(FixedCount::Of(2.5 - kUnit).Rounded(), 2);
  EXPECT_EQ(FixedCount::Of(2.5).Rounded(), 3);
  EXPECT_EQ(FixedCount::Of(0.4).Rounded(), 0);
}

// The rounding of weights does not add up: a million of thirds are a third of a million.
TEST(FixedCount, SumsKeepTheFractions) {
  FixedCounter counter{};
  for (int i = 0; i < 1'000'000; ++i) counter.Add(FixedCount::Of(1.0 / 3));
  EXPECT_NEAR(static_cast<double>(counter.Load().Rounded()), 1e6 / 3, 1e6 * kUnit / 2);
}

TEST(FixedCount, TheLargestWeightIsKept) {
  const double largest = 0x1p47 - 1;
  EXPECT_EQ(FixedCount::Of(largest).Rounded(), (int64_t{1} << 47) - 1);
}

// A weight that is added and taken away leaves not a unit behind.
TEST(FixedCount, ADifferenceOfEqualSumsIsZero) {
  FixedCounter added{}, taken{};
  for (int i = 1; i <= 1000; ++i) {
    added.Add(FixedCount::Of(1000.0 / i));
    taken.Add(FixedCount::Of(1000.0 / i));
  }
  EXPECT_TRUE((added.Load() - taken.Load()).IsZero());
  added.Add(FixedCount::OfWhole(7));
  EXPECT_EQ((added.Load() - taken.Load()).Rounded(), 7);
}

}  // namespace
}  // namespace pprof::signal_safe
