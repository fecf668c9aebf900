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

}  // namespace
}  // namespace pprof
