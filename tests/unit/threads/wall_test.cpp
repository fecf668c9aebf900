// The wall clock profile against what the threads wrote down themselves.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <thread>

#include "pprof/labels.h"
#include "pprof/own_threads.h"
#include "pprof/recording.h"
#include "tests/unit/threads/child_process.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/parked_thread.h"
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

TEST(Wall, SleepsLocksAndSpinsHaveTheirShares) {
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

TEST(Wall, InterruptsNobody) {
  std::atomic<int> interrupted{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        if (usleep(20000) != 0 && errno == EINTR) ++interrupted;
      }
    });
  }
  {
    const Recording recording = Recording::Start("wall", 250).value();
    usleep(1500000);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(interrupted, 0);
}

TEST(Wall, WaitingThreadsCarryTheirLabels) {
  std::atomic<bool> stop{false};
  std::atomic<int32_t> tid{0};
  std::thread thread([&] {
    const ScopedLabels labels(LabelSet{{"route", "/slow"}});
    tid = OwnTid();
    while (!stop) usleep(100000);  // rarely: the time it waits for a CPU has no labels
  });
  ASSERT_TRUE(WaitUntil([&] { return tid != 0; }) && WaitUntilAsleep(tid));
  const uint64_t begin = NowNanos();
  Recording recording = Recording::Start("wall", 100).value();
  usleep(1000000);
  const auto samples = SamplesOf(std::move(recording).Stop().value());
  const auto elapsed = static_cast<double>(NowNanos() - begin);
  stop = true;
  thread.join();
  EXPECT_NEAR(SumOfLabel(samples, "route", "/slow") / elapsed, 1, 0.15);
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

// What the child of a process that nobody may look into finds; 0: all is well.
int RunNotDumpable() {
  if (setuid(65534) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) return 77;
  std::atomic<bool> stop{false};
  std::thread thread([&] {
    while (!stop) usleep(20000);
  });
  WaitUntil([] { return SumOf(SamplesOf(Collect("goroutine").value()), "usleep") > 0; });
  Recording recording = Recording::Start("wall", 100).value();
  ::usleep(500000);
  const auto samples = SamplesOf(std::move(recording).Stop().value());
  const bool dumped = DumpText().find("usleep") != std::string::npos;
  stop = true;
  thread.join();
  if (!dumped) return 1;
  if (SumOfLabel(samples, "state", "waiting") < 0.4e9) return 2;
  return 0;
}

TEST(Wall, AProcessThatIsNotDumpableWaitsWithoutStacks) {
  if (getuid() != 0) GTEST_SKIP() << "changes its user";
  EXPECT_EQ(RunInChild(RunNotDumpable), 0);
}

}  // namespace
}  // namespace pprof::testing
