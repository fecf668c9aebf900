// Compares the wall-clock profile with the threads' own logs.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pprof/labels.h"
#include "pprof/own_threads.h"
#include "pprof/recording.h"
#include "tests/unit/threads/child_process.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/long_sleeper.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/pipe_reader.h"
#include "tests/unit/threads/profile_shares.h"

#define NOINLINE __attribute__((noinline))
#define KEEP_FRAME __asm__ volatile("")

namespace pprof::testing {
namespace {

struct WallTruth {
  std::atomic<uint64_t> slept{0}, locked{0}, spun{0};
};

NOINLINE void SleepKnown(WallTruth& truth) {
  const uint64_t begin = NowNanos();
  usleep(40000);
  truth.slept += NowNanos() - begin;
  KEEP_FRAME;
}

NOINLINE void LockKnown(std::mutex& mutex, WallTruth& truth) {
  const uint64_t begin = NowNanos();
  mutex.lock();
  truth.locked += NowNanos() - begin;
  mutex.unlock();
  KEEP_FRAME;
}

NOINLINE void SpinKnown(WallTruth& truth) {
  const uint64_t begin = NowNanos();
  Hog1(20000000);
  truth.spun += NowNanos() - begin;
  KEEP_FRAME;
}

TEST(StatisticalWall, SleepsLocksAndSpinsHaveTheirShares) {
  WallTruth truth;
  std::mutex mutex;
  std::atomic<bool> stop{false};
  std::thread holder([&] {
    while (!stop) {
      mutex.lock();
      usleep(30000);
      mutex.unlock();
      usleep(2000);
    }
  });
  Recording recording = Recording::Start("wall", 100).value();
  std::thread worker([&] {
    const uint64_t end = NowNanos() + 4000000000;
    while (NowNanos() < end) {
      SleepKnown(truth);
      LockKnown(mutex, truth);
      SpinKnown(truth);
    }
  });
  worker.join();
  const auto samples = SamplesOf(std::move(recording).Stop().value());
  stop = true;
  holder.join();
  const double sleep = SumOf(samples, "SleepKnown"), lock = SumOf(samples, "LockKnown");
  const double spin = SumOf(samples, "SpinKnown");
  const double total = sleep + lock + spin;
  const auto slept = static_cast<double>(truth.slept), locked = static_cast<double>(truth.locked);
  const auto spun = static_cast<double>(truth.spun);
  const double total_true = slept + locked + spun;
  EXPECT_NEAR(sleep / total, slept / total_true, 0.05);
  EXPECT_NEAR(lock / total, locked / total_true, 0.05);
  EXPECT_NEAR(spin / total, spun / total_true, 0.05);
  EXPECT_NEAR(total / total_true, 1, 0.08);
  EXPECT_GT(SumOfLabel(samples, "state", "running"), 0.8 * spun);
}

// Asleep for the whole recording: a thread that uses no CPU time gets no signal at all.
TEST(Wall, InterruptsNobody) {
  std::vector<std::unique_ptr<LongSleeper>> sleepers;
  for (int i = 0; i < 20; ++i) sleepers.push_back(std::make_unique<LongSleeper>());
  {
    const Recording recording = Recording::Start("wall", 250).value();
    usleep(300000);
  }
  for (const auto& sleeper : sleepers) EXPECT_EQ(sleeper->interrupted(), 0);
}

// Exactly: its clock stands still, so all time between the first look and the last is its wait's.
TEST(Wall, AThreadThatWaitsHasAllTheTimeWithItsLabels) {
  const PipeReader reader([](const auto& leaf) {
    const ScopedLabels labels(LabelSet{{"route", "/slow"}});
    leaf();
  });
  const uint64_t before = NowNanos();
  Recording recording = Recording::Start("wall", 100).value();
  const uint64_t begin = NowNanos();
  usleep(300000);
  const uint64_t end = NowNanos();
  const auto samples = SamplesOf(std::move(recording).Stop().value());
  const uint64_t after = NowNanos();
  const double waited = SumOfLabel(samples, "route", "/slow");
  EXPECT_GE(waited, static_cast<double>(end - begin));
  EXPECT_LE(waited, static_cast<double>(after - before));
  EXPECT_EQ(SumOf(samples, "ReadByte"), waited);
  EXPECT_EQ(SumOfLabel(samples, "state", "IO wait"), waited);
}

// The thread that looks at the others is one, too.
TEST(Wall, OwnThreadsThatEndedAreLeftOut) {
  Recording recording = Recording::Start("wall", 250).value();
  Recording cpu = Recording::Start("profile", 250).value();
  {
    const ScopedOwnThreads own;
    std::thread([] { Hog1(200000000); }).join();
  }
  const auto samples = SamplesOf(std::move(recording).Stop().value());
  EXPECT_EQ(SumOf(samples, "Hog1"), 0);
  EXPECT_GT(SumOf(SamplesOf(std::move(cpu).Stop().value()), "Hog1"), 0);
}

// Checks in the child of a non-dumpable process; 0: success.
int RunNotDumpable() {
  if (setuid(65534) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) return 77;
  const PipeReader reader([](const auto& leaf) { leaf(); });
  Recording recording = Recording::Start("wall", 100).value();
  const uint64_t begin = NowNanos();
  usleep(300000);
  const auto waited = static_cast<double>(NowNanos() - begin);
  const auto samples = SamplesOf(std::move(recording).Stop().value());
  if (SumOfLabel(samples, "state", "waiting") < waited) return 1;
  if (SumOf(samples, "[no stack: ") < waited) return 2;
  // It is asked by a signal there, and answers when it gets a CPU.
  return WaitUntil([] { return DumpText().find("ReadByte") != std::string::npos; }) ? 0 : 3;
}

TEST(Wall, AProcessThatIsNotDumpableWaitsWithoutStacks) {
  if (getuid() != 0) GTEST_SKIP() << "needs root to change its user";
  EXPECT_EQ(RunInChild(RunNotDumpable), 0);
}

}  // namespace
}  // namespace pprof::testing
