#include "profiler/watch/rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace pprof::watch {
namespace {

constexpr int64_t kSecond = 1000000000;
constexpr int64_t kStart = 5000 * kSecond;
constexpr double kGib = 1 << 30;

// What the rules say, "SECOND reason", over `seconds` of readings.
std::vector<std::string> Said(const WatchOptions& options, int seconds,
                              const std::function<void(int second, Reading*)>& fill) {
  Rules rules(options, kStart);
  std::vector<std::string> said;
  for (int second = 0; second < seconds; ++second) {
    Reading reading;
    reading.nanos = kStart + second * kSecond;
    reading.limit = kGib;
    fill(second, &reading);
    const char* reason = rules.Check(reading);
    if (reason != nullptr) said.push_back(std::to_string(second) + " " + reason);
  }
  return said;
}

using Lines = std::vector<std::string>;

TEST(Rules, EachShareOfMemorySpeaksOnce) {
  WatchOptions options;
  options.slope_within = std::chrono::seconds(0);
  EXPECT_EQ(
      Said(options, 100, [](int second, Reading* reading) { reading->share = second / 100.0; }),
      (Lines{"91 memory90", "96 memory95"}));
}

TEST(Rules, OfTwoSharesAtOnceTheHigherSpeaks) {
  EXPECT_EQ(Said({}, 3, [](int second, Reading* reading) { reading->share = second * 0.49; }),
            (Lines{"2 memory95"}));
}

TEST(Rules, AShareSpeaksAgainAfterMemoryFell) {
  WatchOptions options;
  options.memory_percent = {90};
  const auto wave = [](int second, Reading* reading) {
    reading->share = second % 100 < 50 ? 0.91 : second % 200 < 100 ? 0.88 : 0.8;
  };
  EXPECT_EQ(Said(options, 400, wave), (Lines{"0 memory90", "200 memory90"}));
}

TEST(Rules, AShareIsSilentInItsCooldown) {
  WatchOptions options;
  options.memory_percent = {90};
  options.cooldown = std::chrono::seconds(60);
  const auto flutter = [](int second, Reading* reading) {
    reading->share = second % 10 < 5 ? 0.92 : 0.5;
  };
  EXPECT_EQ(Said(options, 130, flutter), (Lines{"0 memory90", "60 memory90", "120 memory90"}));
}

TEST(Rules, SpeakAtMostSoOftenADay) {
  WatchOptions options;
  options.memory_percent = {90};
  options.cooldown = std::chrono::seconds(0);
  options.most_a_day = 3;
  const auto flutter = [](int second, Reading* reading) {
    reading->share = second % 10 < 5 ? 0.92 : 0.5;
  };
  EXPECT_EQ(Said(options, 1000, flutter).size(), 3U);
  EXPECT_EQ(Said(options, 86400 + 1000, flutter).size(), 6U);
}

TEST(Rules, ANewMarkIsAQuarterAboveTheMeanOfTheLastTen) {
  const auto stairs = [](int second, Reading* reading) {
    reading->resident = kGib * (second < 120 ? 0.4 : second < 240 ? 0.45 : 0.6);
  };
  EXPECT_EQ(Said({}, 400, stairs), (Lines{"240 highwater"}));
  const auto small = [&](int second, Reading* reading) {
    stairs(second, reading);
    reading->resident /= 10;
  };
  EXPECT_EQ(Said({}, 400, small), Lines());
}

// 0.1 % a second from 40 %: at 80 s the limit is 520 s away.
TEST(Rules, ASlopeReachesTheLimitWithinTheTime) {
  const auto line = [](int second, Reading* reading) { reading->share = 0.4 + second * 0.001; };
  WatchOptions options;
  options.cooldown = std::chrono::seconds(100000);
  EXPECT_EQ(Said(options, 300, line), (Lines{"60 slope"}));
  options.slope_within = std::chrono::seconds(302);
  EXPECT_EQ(Said(options, 400, line), (Lines{"300 slope"}));
  const auto noise = [](int second, Reading* reading) {
    reading->share = 0.5 + (second * 7919 % 100 - 50) * 0.0002;
  };
  EXPECT_EQ(Said({}, 3000, noise), Lines());
}

TEST(Rules, CpuIsOverTheLimitForTheWholeTime) {
  WatchOptions options;
  options.cpu_cores = 2;
  const auto busy = [](int second, Reading* reading) {
    const int free_second = second > 90 ? 1 : 0;
    reading->cpu_nanos = kSecond * (second < 70 ? second : 70 + (second - 70 - free_second) * 3);
  };
  EXPECT_EQ(Said(options, 122, busy), (Lines{"121 cpu"}));
  options.cpu_cores = 4;
  EXPECT_EQ(Said(options, 200, busy), Lines());
}

TEST(Rules, ThreadsAreTooManyOrTwiceAsMany) {
  const auto doubled = [](int second, Reading* reading) {
    reading->threads = second < 200 ? 40 : 80;
  };
  EXPECT_EQ(Said({}, 250, doubled), (Lines{"200 threads"}));
  WatchOptions options;
  options.threads = 60;
  options.threads_doubled = false;
  options.cooldown = std::chrono::seconds(3600);
  EXPECT_EQ(Said(options, 300, doubled), (Lines{"200 threads"}));
}

TEST(Rules, LocksAndSignalsNeedNoWarmUp) {
  const auto events = [](int second, Reading* reading) {
    reading->asked = second == 2;
    reading->lock_waits = second == 4;
    reading->deadlock = second == 6;
  };
  EXPECT_EQ(Said({}, 10, events), (Lines{"2 signal", "4 lock", "6 deadlock"}));
}

TEST(Rules, KnowTheNextShare) {
  Rules rules({}, 0);
  EXPECT_EQ(rules.NextShare(0.2), 0.9);
  EXPECT_EQ(rules.NextShare(0.92), 0.95);
  EXPECT_EQ(rules.NextShare(0.99), 1);
}

TEST(WatchOptions, AreReadFromALine) {
  const auto options = WatchOptions::Parse(
      " /captures  memory=80,95 high-water=0 slope=5m cpu=1.5 cpu-for=20s threads=100 lock=3s "
      "signal=SIGUSR2 "
      "cooldown=10s warm-up=0 daily=5 hook=/bin/push,--now");
  ASSERT_TRUE(options.ok()) << options.status().message();
  EXPECT_EQ(options.value().folder, "/captures");
  EXPECT_EQ(options.value().memory_percent, (std::vector<int>{80, 95}));
  EXPECT_EQ(options.value().high_water_percent, 0);
  EXPECT_EQ(options.value().slope_within, std::chrono::minutes(5));
  EXPECT_EQ(options.value().cpu_cores, 1.5);
  EXPECT_EQ(options.value().cpu_for, std::chrono::seconds(20));
  EXPECT_EQ(options.value().threads, 100);
  EXPECT_EQ(options.value().lock_wait, std::chrono::seconds(3));
  EXPECT_EQ(options.value().signal, 12);
  EXPECT_EQ(options.value().cooldown, std::chrono::seconds(10));
  EXPECT_EQ(options.value().warm_up, std::chrono::seconds(0));
  EXPECT_EQ(options.value().most_a_day, 5);
  EXPECT_EQ(options.value().hook, (std::vector<std::string>{"/bin/push", "--now"}));
  for (const char* bad : {"", "  ", "/c memory=", "/c memory=x", "/c slope=5", "/c cpu=a",
                          "/c signal=SIGX", "/c color=red", "/c hook=", "/c daily=-1"}) {
    EXPECT_FALSE(WatchOptions::Parse(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace pprof::watch
