#include "profiler/signal_safe/heap/exponential.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pprof::signal_safe {
namespace {

constexpr double kRelativeError = 1e-7;

TEST(Log, AgreesWithCmathOverTheRangeOfUniformNumbers) {
  for (double x = 0x1p-53; x <= 1; x *= 1.0007) {
    const double expected = std::log(x);
    ASSERT_NEAR(Log(x), expected, kRelativeError * std::fabs(expected) + 1e-12) << x;
  }
}

TEST(Log, OfOneIsZero) { EXPECT_EQ(Log(1), 0); }

TEST(Log, OfTheSmallestUniformNumberIsFinite) { EXPECT_NEAR(Log(0x1p-53), -36.7368, 1e-4); }

TEST(HitProbability, AgreesWithCmathFromTinyToHugeObjects) {
  for (double x = 1e-13; x < 1e6; x *= 1.003) {
    const double expected = -std::expm1(-x);
    ASSERT_NEAR(HitProbability(x), expected, kRelativeError * expected) << x;
  }
}

TEST(HitProbability, IsNeverAboveOne) {
  for (double x = 1; x < 100; x += 0.01) ASSERT_LE(HitProbability(x), 1) << x;
}

}  // namespace
}  // namespace pprof::signal_safe
