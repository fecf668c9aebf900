// Parsing of user input: the interval in the environment, the age in a query.
#include <gtest/gtest.h>

#include "profiler/sys/process/setting_text.h"

namespace pprof {
namespace {

TEST(ParseByteSize, TakesBytesAndBinaryMultiples) {
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
    EXPECT_TRUE(sys::ParseByteSize(one.text, &bytes)) << one.text;
    EXPECT_EQ(bytes, one.bytes) << one.text;
  }
}

TEST(ParseByteSize, RefusesEverythingElse) {
  for (const char* text : {"", "k", "-1", "+1", " 1", "1 ", "1.5", "0x10", "512kb", "1t", "1kk",
                           "1025g", "99999999999999999999999999", "1e6", "off"}) {
    uint64_t bytes = 99;
    EXPECT_FALSE(sys::ParseByteSize(text, &bytes)) << text;
    EXPECT_EQ(bytes, 99u) << text;
  }
}

TEST(ParseDuration, TakesGosSyntax) {
  const struct {
    const char* text;
    uint64_t nanos;
  } cases[] = {{"10m", 600000000000},
               {"1h30m", 5400000000000},
               {"90s", 90000000000},
               {"250ms", 250000000},
               {"3us", 3000},
               {"7ns", 7},
               {"0", 0},
               {"0s", 0}};
  for (const auto& one : cases) {
    uint64_t nanos = 99;
    EXPECT_TRUE(sys::ParseDuration(one.text, &nanos)) << one.text;
    EXPECT_EQ(nanos, one.nanos) << one.text;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "60", "m", "10x", "-5m", "+5m", "1.5h", "1h 30m", "10 m", "1h30",
                           "999999999999h", "18446744073709551616s", "99999999999999999999"}) {
    uint64_t nanos = 99;
    EXPECT_FALSE(sys::ParseDuration(text, &nanos)) << text;
    EXPECT_EQ(nanos, 99u) << text;
  }
}

TEST(ParseDuration, TakesEveryUnitAndTheSumOfAny) {
  const struct {
    const char* text;
    uint64_t nanos;
  } cases[] = {{"1ns", 1},
               {"1us", 1000},
               {"1ms", 1000000},
               {"1s", 1000000000},
               {"1m", 60000000000},
               {"1h", 3600000000000},
               {"1s1s", 2000000000},
               {"1m1ms", 60001000000},  // "ms" before "m"
               {"5ns3h", 10800000000005},
               {"007s", 7000000000},
               {"0h0ns", 0}};
  for (const auto& one : cases) {
    uint64_t nanos = 99;
    EXPECT_TRUE(sys::ParseDuration(one.text, &nanos)) << one.text;
    EXPECT_EQ(nanos, one.nanos) << one.text;
  }
}

TEST(ParseDuration, TakesUpToAHundredYears) {
  constexpr uint64_t kHundredYears = uint64_t{3162240000} * 1000000000;  // of 366 days
  for (const char* text : {"878400h", "878399h60m", "3162240000s", "3162240000000000000ns"}) {
    uint64_t nanos = 99;
    EXPECT_TRUE(sys::ParseDuration(text, &nanos)) << text;
    EXPECT_EQ(nanos, kHundredYears) << text;
  }
  for (const char* text : {"878401h", "878400h1ns", "1ns878400h", "3162240001s",
                           "3162240000000000001ns", "18446744073709551615h"}) {
    uint64_t nanos = 99;
    EXPECT_FALSE(sys::ParseDuration(text, &nanos)) << text;
    EXPECT_EQ(nanos, 99u) << text;
  }
}

TEST(ParseDuration, RefusesHalfOfOne) {
  for (const char* text : {"1", "00", "0 ", "s", "1S", "1h30", "1hh", "1h-1s", "1h s", "1\xc2\xb5s",
                           "1d", "1e3s", "0x1s"}) {
    uint64_t nanos = 99;
    EXPECT_FALSE(sys::ParseDuration(text, &nanos)) << text;
    EXPECT_EQ(nanos, 99u) << text;
  }
}

TEST(ParseCount, TakesWholeNumbersUpToTheLargest) {
  uint64_t count = 99;
  EXPECT_TRUE(sys::ParseCount("0", 10, &count));
  EXPECT_EQ(count, 0u);
  EXPECT_TRUE(sys::ParseCount("10", 10, &count));
  EXPECT_EQ(count, 10u);
  EXPECT_TRUE(sys::ParseCount("18446744073709551615", UINT64_MAX, &count));
  EXPECT_EQ(count, UINT64_MAX);
  count = 99;
  for (const char* text : {"", "11", "-1", "+1", " 1", "1 ", "1k", "1.0", "0x1", "x"}) {
    EXPECT_FALSE(sys::ParseCount(text, 10, &count)) << text;
  }
  EXPECT_FALSE(sys::ParseCount("18446744073709551616", UINT64_MAX, &count));
  EXPECT_EQ(count, 99u);
}

}  // namespace
}  // namespace pprof
