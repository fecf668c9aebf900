#include "profiler/watch/folder/retention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

namespace pprof::watch {
namespace {

std::vector<CaptureInfo> RandomCaptures(std::mt19937* random) {
  std::vector<CaptureInfo> captures((*random)() % 150);
  for (size_t i = 0; i < captures.size(); ++i) {
    captures[i].name = "capture" + std::to_string(1000 + i);
    captures[i].bytes = (*random)() % (uint64_t{16} << 20);
    captures[i].before_death = (*random)() % 8 == 0;
  }
  return captures;
}

// 5,000 random folders: what stays is within the limits, or must not be removed.
TEST(Retention, KeepsTheLimitsAndTheLastCaptureBeforeADeath) {
  std::mt19937 random(7);
  const RetentionLimits limits;
  for (int round = 0; round < 5000; ++round) {
    const std::vector<CaptureInfo> captures = RandomCaptures(&random);
    const std::string newest = captures.empty() ? "" : captures[random() % captures.size()].name;
    const auto surplus = SurplusOf(captures, newest, limits);
    const std::set<std::string> removed(surplus.begin(), surplus.end());
    ASSERT_EQ(removed.size(), surplus.size());
    EXPECT_EQ(removed.count(newest), 0U);
    size_t left = 0;
    uint64_t bytes = 0;
    size_t quiet = 0;
    std::string last_death;
    for (const CaptureInfo& capture : captures) {
      if (capture.before_death && capture.name != newest) last_death = capture.name;
      if (removed.count(capture.name) != 0) continue;
      ++left;
      bytes += capture.bytes;
      quiet += capture.before_death || capture.name == newest ? 0 : 1;
    }
    EXPECT_EQ(removed.count(last_death), 0U);
    EXPECT_TRUE((left <= limits.captures && bytes <= limits.bytes) || left <= 2) << round;
    // A capture before a death goes only when no quiet one is left.
    for (const CaptureInfo& capture : captures) {
      if (capture.before_death && removed.count(capture.name) != 0) {
        EXPECT_EQ(quiet, 0U) << round;
      }
    }
  }
}

TEST(Retention, RemovesNoMoreThanNeedsBe) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    const std::vector<CaptureInfo> captures = RandomCaptures(&random);
    const RetentionLimits limits{64, UINT64_MAX};
    EXPECT_EQ(SurplusOf(captures, "", limits).size(),
              captures.size() > limits.captures ? captures.size() - limits.captures : 0);
  }
}

TEST(Retention, RemovesTheOldestQuietOneFirst) {
  std::vector<CaptureInfo> captures(4);
  for (size_t i = 0; i < captures.size(); ++i) captures[i].name = std::to_string(i);
  captures[0].before_death = true;
  EXPECT_EQ(SurplusOf(captures, "3", {2, UINT64_MAX}), (std::vector<std::string>{"1", "2"}));
}

TEST(RampUp, KeepsItsNewestFive) {
  RampUp ramp;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ramp.Add(std::to_string(i), 100 + i), "");
  EXPECT_EQ(ramp.Add("5", 106), "0");
  EXPECT_EQ(ramp.Add("6", 106), "1");
  EXPECT_EQ(ramp.Add("7", 50), "");  // another one begins
  for (int i = 8; i < 12; ++i) EXPECT_EQ(ramp.Add(std::to_string(i), 60), "");
  EXPECT_EQ(ramp.Add("12", 60), "7");
}

}  // namespace
}  // namespace pprof::watch
