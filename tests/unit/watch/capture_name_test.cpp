#include "profiler/watch/folder/capture_name.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>

namespace pprof::watch {
namespace {

TEST(CaptureName, IsTimeProcessAndReason) {
  EXPECT_STREQ(NameOfCapture(1795858765, 4711, "memory90", 1).text,
               "20261128T093925Z.4711.memory90");
  EXPECT_STREQ(NameOfCapture(0, 1, "asked", 2).text, "19700101T000000Z.1.asked-2");
}

TEST(CaptureName, IsReadAsItWasWritten) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const auto seconds = static_cast<time_t>(random() % 250000000000);  // to the year 9892
    const CaptureName name = NameOfCapture(seconds, 17, "cpu", 1 + i % 3);
    CaptureNameParts parts;
    ASSERT_TRUE(ParseCaptureName(name.text, &parts)) << name.text;
    EXPECT_EQ(parts.unix_seconds, seconds);
    EXPECT_EQ(parts.pid, 17);
    tm date{};
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &date));
    EXPECT_EQ(std::string(name.text).substr(0, 16), text);
  }
}

TEST(CaptureName, IsNothingElse) {
  CaptureNameParts parts;
  for (const char* text :
       {"", ".", "..", "20261128T093925Z", "20261128T093925Z.1.", "20261128T093925Z.1.a/b",
        "20261128T093925Z.1.A", "20261128T093925Z.-1.a", "20261128T093925Z.1.a-", "x",
        "20261328T093925Z.1.a", "20261128T093925Z.1.a-2/../..", "20261128T093925Z..a",
        "20261128T093925Z.1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(ParseCaptureName(text, &parts)) << text;
  }
}

}  // namespace
}  // namespace pprof::watch
