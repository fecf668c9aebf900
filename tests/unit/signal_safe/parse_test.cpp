// What people write: the interval in the environment, the age in a query.
#include <gtest/gtest.h>

#include "profiler/profiles/duration.h"
#include "profiler/signal_safe/heap/heap_sampler.h"

namespace pprof {
namespace {

using signal_safe::ParseInterval;

TEST(ParseInterval, TakesBytesAndBinaryMultiples) {
  const struct {
    const char* text;
    uint64_t bytes;
  } cases[] = {{"0", 0},
               {"1", 1},
               {"524288", 524288},
               {"512k", 512 << 10},
               {"512K", 512 << 10},
               {"1m", 1 << 20},
               {"2M", 2 << 20},
               {"1g", 1 << 30},
               {"1024G", uint64_t{1} << 40}};
  for (const auto& one : cases) {
    uint64_t bytes = 99;
    EXPECT_TRUE(ParseInterval(one.text, &bytes)) << one.text;
    EXPECT_EQ(bytes, one.bytes) << one.text;
  }
}

TEST(ParseInterval, RefusesEverythingElse) {
  for (const char* text : {"", "k", "-1", "+1", " 1", "1 ", "1.5", "0x10", "512kb", "1t", "1kk",
                           "1025g", "99999999999999999999999999", "1e6", "off"}) {
    uint64_t bytes = 99;
    EXPECT_FALSE(ParseInterval(text, &bytes)) << text;
    EXPECT_EQ(bytes, 99u) << text;
  }
}

TEST(ParseDuration, TakesGosSyntax) {
  using std::chrono::nanoseconds;
  const struct {
    const char* text;
    int64_t nanos;
  } cases[] = {{"10m", 600000000000},
               {"1h30m", 5400000000000},
               {"90s", 90000000000},
               {"250ms", 250000000},
               {"3us", 3000},
               {"7ns", 7},
               {"0", 0},
               {"0s", 0},
               {"60", 60000000000}};
  for (const auto& one : cases) {
    nanoseconds duration{-1};
    EXPECT_TRUE(profiles::ParseDuration(one.text, &duration)) << one.text;
    EXPECT_EQ(duration.count(), one.nanos) << one.text;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "m", "10x", "-5m", "+5m", "1.5h", "1h 30m", "10 m", "1h30",
                           "999999999999h", "18446744073709551616s", "99999999999999999999"}) {
    std::chrono::nanoseconds duration{-1};
    EXPECT_FALSE(profiles::ParseDuration(text, &duration)) << text;
    EXPECT_EQ(duration.count(), -1) << text;
  }
}

}  // namespace
}  // namespace pprof
