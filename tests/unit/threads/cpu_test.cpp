// Compares the CPU profile with the threads' own clocks.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "pprof/labels.h"
#include "pprof/recording.h"
#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "tests/process_resources.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Recording Start(int hz = 100) { return Recording::Start("profile", hz).value(); }
std::vector<NamedSample> Stop(Recording recording) {
  return SamplesOf(std::move(recording).Stop().value());
}

void ExpectTruth(int threads, int hz) {
  double least = 0, most = 0;  // CPU time within the recording, and including its start and stop
  HogTruth before, after;
  std::vector<NamedSample> samples;
  {
    BusyThreads busy(threads);
    const uint64_t before_start = ProcessCpuNanos();
    Recording recording = Start(hz);
    const uint64_t begin = ProcessCpuNanos();
    before.hog1 = busy.truth.hog1.load();
    before.hog2 = busy.truth.hog2.load();
    while (ProcessCpuNanos() - begin < 3000000000) usleep(20000);
    after.hog1 = busy.truth.hog1.load();
    after.hog2 = busy.truth.hog2.load();
    const uint64_t end = ProcessCpuNanos();
    const Snapshot snapshot = std::move(recording).Stop().value();
    least = static_cast<double>(end - begin);
    most = static_cast<double>(ProcessCpuNanos() - before_start);
    samples = SamplesOf(snapshot);
  }
  const auto hog1_true = static_cast<double>(after.hog1 - before.hog1);
  const double share_true = hog1_true / (hog1_true + static_cast<double>(after.hog2 - before.hog2));
  const double hog1 = SumOf(samples, "Hog1"), hog2 = SumOf(samples, "Hog2");
  // 5 points, or four standard errors if there are too few samples: the kernel delivers at most
  // CONFIG_HZ (250 here) ticks per second, so 3 s of CPU time are 300 to 750 samples.
  const double expected_samples = 3.0 * std::min(hz, 250);
  const double error = std::sqrt(share_true * (1 - share_true) / expected_samples);
  EXPECT_NEAR(hog1 / (hog1 + hog2), share_true, std::max(0.05, 4 * error))
      << threads << " threads, " << hz << " Hz";
  EXPECT_GT(SumOf(samples, ""), 0.97 * least) << threads << " threads, " << hz << " Hz";
  EXPECT_LT(SumOf(samples, ""), 1.03 * most) << threads << " threads, " << hz << " Hz";
}

class CpuTruth : public ::testing::TestWithParam<int> {};
TEST_P(CpuTruth, SharesAndTotal) { ExpectTruth(GetParam(), 100); }
TEST_P(CpuTruth, SharesAndTotalAboveTheKernelsTick) { ExpectTruth(GetParam(), 1000); }
INSTANTIATE_TEST_SUITE_P(Threads, CpuTruth, ::testing::Values(1, 4, 16, 64));

TEST(StatisticalCpu, LabelsHaveTheirShares) {
  std::thread work([] {
    for (int i = 0; i < 100; ++i) {
      Do(LabelSet{{"route", "/a"}}, [] { Hog1(3000000); });
      Do(LabelSet{{"route", "/b"}}, [] { Hog1(6000000); });
    }
  });
  Recording recording = Start(250);
  work.join();
  const auto samples = Stop(std::move(recording));
  const double a = SumOfLabel(samples, "route", "/a"), b = SumOfLabel(samples, "route", "/b");
  EXPECT_NEAR(a / (a + b), 1.0 / 3, 0.12);  // about 250 samples: four standard errors
  EXPECT_LT(SumOf(samples, "Hog1") - a - b, 0.01 * (a + b));
}

TEST(StatisticalCpu, ThreadsOfEveryLifeCountOnce) {
  Recording recording = Start();
  const uint64_t begin = ProcessCpuNanos();
  for (int i = 0; i < 100; ++i) {
    std::thread([] { Hog1(8000000); }).join();
    pthread_t raw;
    pthread_create(
        &raw, nullptr,
        [](void*) -> void* {
          Hog2(2000000);
          syscall(SYS_exit, 0);
          return nullptr;
        },
        nullptr);
    pthread_join(raw, nullptr);
  }
  const auto used = static_cast<double>(ProcessCpuNanos() - begin);
  const auto samples = Stop(std::move(recording));
  EXPECT_NEAR(SumOf(samples, "") / used, 1, 0.25);  // raw exits report no clock
  // With 250 kernel ticks per second 200 samples to 50: a factor of two is 4 standard errors away.
  EXPECT_GT(SumOf(samples, "Hog1"), 2 * SumOf(samples, "Hog2"));
}

// Threads shorter than a tick, and longer ones, one after the other in a random order.
TEST(StatisticalCpu, ThreadsOfFourLivesHaveTheirShares) {
  const std::vector<uint64_t> lives = {200000, 600000, 2000000, 20000000};
  std::vector<LabelSet> labels;
  for (const uint64_t life : lives) labels.push_back(LabelSet{{"life", std::to_string(life)}});
  std::discrete_distribution<size_t> next_kind({300, 100, 30, 3});  // a quarter of the time each
  std::mt19937 random;
  std::vector<double> used(lives.size());
  Recording recording = Start();
  const uint64_t begin = ProcessCpuNanos();
  while (ProcessCpuNanos() - begin < 4000000000) {
    const size_t kind = next_kind(random);
    std::thread([&] {
      const uint64_t before = OwnCpuNanos();
      Do(labels[kind], [&] { Hog1(lives[kind]); });
      used[kind] += static_cast<double>(OwnCpuNanos() - before);
    }).join();
  }
  const auto samples = Stop(std::move(recording));
  double told = 0, total = 0;
  for (const uint64_t life : lives) told += SumOfLabel(samples, "life", std::to_string(life));
  for (const double nanos : used) total += nanos;
  for (size_t kind = 0; kind < lives.size(); ++kind) {
    // 1,000 samples, or half of that beside other programs: three standard errors.
    EXPECT_NEAR(SumOfLabel(samples, "life", std::to_string(lives[kind])) / told, used[kind] / total,
                0.06)
        << lives[kind];
  }
  EXPECT_EQ(SumOf(samples, "[not sampled]"), 0);
}

// Exactly: the threads' clocks are read at both ends.
TEST(Cpu, AWindowHoldsTheTimeBetweenItsEndsAndNothingElse) {
  const Recording outer = Start();
  Hog1(100000000);
  const uint64_t before = ProcessCpuNanos();
  Recording inner = Start();
  const uint64_t begin = OwnCpuNanos();
  Hog2(100000000);
  const uint64_t end = OwnCpuNanos();
  const auto samples = Stop(std::move(inner));
  const uint64_t after = ProcessCpuNanos();
  const auto rounding = static_cast<double>(samples.size());  // a nanosecond each
  EXPECT_EQ(SumOf(samples, "Hog1"), 0);
  EXPECT_GE(SumOf(samples, ""), static_cast<double>(end - begin) - rounding);
  EXPECT_LE(SumOf(samples, ""), static_cast<double>(after - before) + rounding);
}

TEST(StatisticalCpu, SeveralClientsHaveTheirOwnWindows) {
  Recording outer = Start();
  Hog1(900000000);
  Recording inner = Start();
  Hog2(900000000);
  const auto inner_samples = Stop(std::move(inner));
  Hog1(300000000);
  const auto outer_samples = Stop(std::move(outer));
  EXPECT_EQ(SumOf(inner_samples, "Hog1"), 0);
  EXPECT_NEAR(SumOf(inner_samples, "Hog2") / 900e6, 1, 0.1);
  EXPECT_NEAR(SumOf(outer_samples, "Hog1") / 1200e6, 1, 0.15);
}

TEST(Cpu, AnotherRateIsRefusedWithASentence) {
  Recording recording = Start(100);
  const auto refused = Recording::Start("profile", 250);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), StatusCode::kConflict);
  EXPECT_THAT(refused.status().message(), HasSubstr("a CPU recording at 100 Hz is running"));
}

TEST(StatisticalCpu, OneTimerStandsInForThoseThatTheKernelRefuses) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_SIGPENDING, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &none), 0);
  Recording recording = Start();
  std::thread([] { Hog1(500000000); }).join();
  const Snapshot snapshot = std::move(recording).Stop().value();
  EXPECT_THAT(model::SnapshotAccess::ProfileOf(snapshot).comments,
              Contains(HasSubstr("(RLIMIT_SIGPENDING)): one timer for the whole process")));
  const auto samples = SamplesOf(snapshot);
  EXPECT_GT(SumOf(samples, "Hog1"), 0.9 * SumOf(samples, ""));
  setrlimit(RLIMIT_SIGPENDING, &before);
}

TEST(Cpu, CodeThatWasLoadedLateIsNamed) {
  void* plugin = dlopen(PPROF_THREADS_PLUGIN, RTLD_NOW);
  ASSERT_NE(plugin, nullptr);
  const auto spin =
      reinterpret_cast<void (*)(const std::atomic<bool>&)>(dlsym(plugin, "SpinInPlugin"));
  std::atomic<bool> stop{false};
  Recording recording = Start();
  const uint64_t begin = ProcessCpuNanos();
  std::thread thread([&] { spin(stop); });
  while (ProcessCpuNanos() - begin < 300000000) usleep(10000);
  stop = true;
  thread.join();
  EXPECT_GT(SumOf(Stop(std::move(recording)), "SpinInPlugin"), 0);
  dlclose(plugin);
}

__attribute__((noinline)) int ThrowAndCatch(int depth) {
  try {
    Recurse(depth, [] { throw std::runtime_error("x"); });
  } catch (const std::exception& error) {
    return static_cast<int>(error.what()[0]);
  }
  return 0;
}

TEST(StatisticalCpu, CodeThatThrows) {
  Recording recording = Start(1000);
  const uint64_t end = OwnCpuNanos() + 700000000;
  int sum = 0;
  while (OwnCpuNanos() < end) {  // a system call, a seventh of the time if made for each throw
    for (int i = 0; i < 100; ++i) sum += ThrowAndCatch(10);
  }
  const auto samples = Stop(std::move(recording));
  EXPECT_GT(sum, 0);
  // At the end of a throw the registers already belong to the landing pad: such walks end early.
  // And one interval may pass before the first sample.
  EXPECT_GT(SumOf(samples, "ThrowAndCatch"), 0.95 * SumOf(samples, ""));
}

}  // namespace
}  // namespace pprof::testing
