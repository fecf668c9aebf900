// Compares the profiles with the threads' own logs.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "tests/unit/contention/contention_totals.h"
#include "tests/unit/contention/wait_truth.h"

#define NOINLINE __attribute__((noinline))
// After a function's last call: prevents a tail call, which would remove the frame.
#define KEEP_FRAME __asm__ volatile("")

namespace pprof::testing {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// Waits for `mutex` and logs the wait.
template <class Mutex>
NOINLINE uint64_t LockLogged(Mutex& mutex, LockLog& log) {
  const uint64_t begin = NowNanos();
  mutex.lock();
  const uint64_t end = NowNanos();
  log.waits.push_back({begin, end});
  return end;
}

template <class Mutex>
NOINLINE void HoldLong(Mutex& mutex, LockLog& log, uint64_t nanos) {
  const uint64_t begin = LockLogged(mutex, log);
  SleepFor(nanos);
  log.holds["HoldLong"].push_back({begin, NowNanos()});
  mutex.unlock();
  KEEP_FRAME;
}

template <class Mutex>
NOINLINE void HoldShort(Mutex& mutex, LockLog& log, uint64_t nanos) {
  const uint64_t begin = LockLogged(mutex, log);
  SleepFor(nanos);
  log.holds["HoldShort"].push_back({begin, NowNanos()});
  mutex.unlock();
  KEEP_FRAME;
}

// Threads that take one lock, for a long and for a short time equally often.
std::vector<LockLog> RunHolders(size_t threads, size_t turns, uint64_t long_hold,
                                uint64_t short_hold) {
  std::mutex mutex;
  std::vector<LockLog> logs(threads);
  std::vector<std::thread> running;
  for (size_t k = 0; k < threads; ++k) {
    running.emplace_back([&, k] {
      logs[k].waits.reserve(2 * turns);
      for (size_t i = 0; i < turns; ++i) {
        HoldLong(mutex, logs[k], long_hold);
        HoldShort(mutex, logs[k], short_hold);
        SleepFor(100000);
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  return logs;
}

double HolderShare(const Snapshot& mutex, const char* name, const char* other) {
  const double a = TotalsOf(mutex, name).nanos;
  const double b = TotalsOf(mutex, other).nanos;
  return a / (a + b);
}

TEST(ContentionTruth, HolderIsChargedNotTheWaiter) {
  ContentionWindow window(nanoseconds(1), 1);
  const WaitTruth truth = TruthOf(RunHolders(4, 150, 2000000, 500000));
  window.Take();
  const double share = HolderShare(window.mutex(), "HoldLong", "HoldShort");
  const double charged = TotalsOf(window.mutex(), "Hold").nanos;
  const double blocked = TotalsOf(window.block(), "LockLogged").nanos;
  RecordProperty("share", std::to_string(share));
  std::printf(
      "HoldLong: true share %.4f, charged %.4f; sum of charges/truth %.4f; block/truth %.4f\n",
      truth.share_of("HoldLong"), share, charged / truth.waited_nanos,
      blocked / truth.waited_nanos);
  EXPECT_NEAR(share, truth.share_of("HoldLong"), 0.02);
  EXPECT_NEAR(charged / truth.waited_nanos, 1, 0.01);
  EXPECT_NEAR(blocked / truth.waited_nanos, 1, 0.02);
  // A wait is one contention: the time that a waiter needs to wake up is not another one.
  EXPECT_NEAR(TotalsOf(window.mutex(), "Hold").contentions,
              TotalsOf(window.block(), "LockLogged").contentions, 1);
}

// Compares the totals of a workload with its logs, with the tolerance of a run that keeps
// everything.
void ExpectTruth(const ContentionWindow& window, const WaitTruth& truth, double tolerance) {
  const double charged = TotalsOf(window.mutex(), "Hold").nanos;
  const double blocked = TotalsOf(window.block(), "LockLogged").nanos;
  std::printf("%zu waits, %.1f ms: block/truth %.4f, sum of charges/truth %.4f\n", truth.waits,
              truth.waited_nanos / 1e6, blocked / truth.waited_nanos, charged / truth.waited_nanos);
  EXPECT_NEAR(blocked / truth.waited_nanos, 1, tolerance);
  EXPECT_NEAR(charged / truth.waited_nanos, 1, tolerance);
}

// Both end in a jump to pthread_mutex_unlock when optimized, so their frames are not on the stack.
NOINLINE void HoldBehindJump(std::mutex& mutex, uint64_t nanos) {
  const std::lock_guard<std::mutex> lock(mutex);
  SleepFor(nanos);
}

NOINLINE void LockBehindJump(std::mutex& mutex) { mutex.lock(); }

TEST(ContentionTruth, FunctionsThatEndInAJumpAreNamed) {
  ContentionWindow window(nanoseconds(1), 1);
  std::mutex mutex;
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) {
      HoldBehindJump(mutex, 1000000);
      SleepFor(100000);
    }
  });
  for (int i = 0; i < 50; ++i) {
    LockBehindJump(mutex);
    mutex.unlock();
    SleepFor(300000);
  }
  other.join();
  window.Take();
  const double charged = TotalsOf(window.mutex(), "HoldBehindJump").nanos;
  const double blocked = TotalsOf(window.block(), "LockBehindJump").nanos;
  EXPECT_GT(charged, 10e6);
  // The time main needed to wake up is charged to its own unlock.
  EXPECT_NEAR(TotalsOf(window.mutex(), "").nanos / blocked, 1, 0.2);
}

class ContentionTruthOfThreads : public ::testing::TestWithParam<size_t> {};

TEST_P(ContentionTruthOfThreads, OneLock) {
  const size_t threads = GetParam();
  ContentionWindow window(nanoseconds(1), 1);
  const WaitTruth truth = TruthOf(RunHolders(threads, 400 / threads + 2, 1000000, 250000));
  window.Take();
  ExpectTruth(window, truth, 0.02);
  EXPECT_NEAR(HolderShare(window.mutex(), "HoldLong", "HoldShort"), truth.share_of("HoldLong"),
              0.02);
}

INSTANTIATE_TEST_SUITE_P(Threads, ContentionTruthOfThreads, ::testing::Values(2, 4, 8, 16, 64));

TEST(ContentionTruth, ManyLocksAtOnce) {
  constexpr size_t kLocks = 64;
  ContentionWindow window(nanoseconds(1), 1);
  std::vector<std::mutex> mutexes(kLocks);
  std::vector<LockLog> logs(2 * kLocks);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < logs.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) HoldLong(mutexes[t / 2], logs[t], 1000000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  window.Take();
  WaitTruth truth;
  for (size_t lock = 0; lock < kLocks; ++lock) {
    const WaitTruth one = TruthOf({logs[2 * lock], logs[2 * lock + 1]});
    truth.waited_nanos += one.waited_nanos;
    truth.waits += one.waits;
  }
  ExpectTruth(window, truth, 0.05);
}

TEST(ContentionTruth, RecursiveAndTimedMutexes) {
  const auto run = [](auto& mutex) {
    ContentionWindow window(nanoseconds(1), 1);
    std::vector<LockLog> logs(3);
    std::vector<std::thread> threads;
    for (LockLog& log : logs) {
      threads.emplace_back([&] {
        for (int i = 0; i < 60; ++i) HoldLong(mutex, log, 1000000);
      });
    }
    for (std::thread& thread : threads) thread.join();
    window.Take();
    ExpectTruth(window, TruthOf(logs), 0.02);
  };
  std::recursive_mutex recursive;
  run(recursive);
  std::timed_mutex timed;
  run(timed);
}

// Lets LockLogged lock a std::shared_mutex for reading.
struct SharedSide {
  std::shared_mutex& mutex;
  void lock() { mutex.lock_shared(); }
  void unlock() { mutex.unlock_shared(); }
};

TEST(ContentionTruth, ReadersAndWriters) {
  ContentionWindow window(nanoseconds(1), 1);
  std::shared_mutex mutex;
  SharedSide shared{mutex};
  std::vector<LockLog> logs(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < logs.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        if (t == 0) HoldLong(mutex, logs[t], 2000000);
        if (t != 0) HoldShort(shared, logs[t], 200000);
        SleepFor(500000);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  window.Take();
  const WaitTruth truth = TruthOf(logs);
  ExpectTruth(window, truth, 0.05);
  // Readers hold concurrently, so there is no exact share; but the writer's is the largest.
  EXPECT_GT(HolderShare(window.mutex(), "HoldLong", "HoldShort"), 0.6);
}

// The holder of a mutex that waits for a condition is charged until its wait.
NOINLINE void HoldThenWait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                           const bool& done, uint64_t nanos) {
  SleepFor(nanos);
  while (!done) condition.wait(lock);
  KEEP_FRAME;
}

NOINLINE void LockThenSignal(std::mutex& mutex, std::condition_variable& condition, bool& done,
                             LockLog& log) {
  LockLogged(mutex, log);
  done = true;
  condition.notify_one();
  mutex.unlock();
  KEEP_FRAME;
}

TEST(ContentionTruth, ConditionWaitIsAnUnlock) {
  ContentionWindow window(nanoseconds(1), 1);
  LockLog log;
  for (int i = 0; i < 50; ++i) {
    std::mutex mutex;
    std::condition_variable condition;
    bool done = false;
    std::unique_lock<std::mutex> lock(mutex);
    std::thread other([&] { LockThenSignal(mutex, condition, done, log); });
    HoldThenWait(lock, condition, done, 2000000);
    lock.unlock();
    other.join();
  }
  window.Take();
  const WaitTruth truth = TruthOf({log});
  const double charged = TotalsOf(window.mutex(), "HoldThenWait").nanos;
  // The time the waiter needs to wake up is charged to itself.
  const double woken = TotalsOf(window.mutex(), "LockThenSignal").nanos;
  EXPECT_NEAR((charged + woken) / truth.waited_nanos, 1, 0.02);
  EXPECT_GT(charged / truth.waited_nanos, 0.5);
}

template <class Wait>
NOINLINE double WaitLogged(Wait wait) {
  const uint64_t begin = NowNanos();
  wait();
  return static_cast<double>(NowNanos() - begin);
}

TEST(ContentionTruth, ConditionWaitsAreBlocked) {
  ContentionWindow window(nanoseconds(1), 1);
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock<std::mutex> lock(mutex);
  double waited = 0;
  for (int i = 0; i < 50; ++i) {
    waited += WaitLogged([&] { condition.wait_for(lock, std::chrono::milliseconds(1)); });
  }
  window.Take();
  EXPECT_NEAR(TotalsOf(window.block(), "WaitLogged").nanos / waited, 1, 0.02);
  EXPECT_NEAR(TotalsOf(window.block(), "WaitLogged").contentions, 50, 0.5);
}

// Waits with a known sum, at a rate that keeps some: within 4 standard errors. A wait d below the
// rate r is kept with probability d/r and counts r: variance r*d - d*d each.
TEST(ContentionTruth, SampledWaitsAreUnbiased) {
  constexpr double kRate = 10e6;  // 10 ms: most waits are far shorter
  ContentionWindow window(nanoseconds(static_cast<int64_t>(kRate)), 1);
  const std::vector<LockLog> logs = RunHolders(4, 150, 1000000, 250000);
  window.Take();
  double variance = 0;
  for (const LockLog& log : logs) {
    for (const Interval& wait : log.waits) {
      const auto d = static_cast<double>(wait.end - wait.begin);
      if (d >= 2000 && d < kRate) variance += d * (kRate - d);
    }
  }
  const WaitTruth truth = TruthOf(logs);
  const double blocked = TotalsOf(window.block(), "LockLogged").nanos;
  std::printf("block/truth %.4f, standard error %.4f\n", blocked / truth.waited_nanos,
              std::sqrt(variance) / truth.waited_nanos);
  EXPECT_NEAR(blocked, truth.waited_nanos, 4 * std::sqrt(variance));
}

// At rate 10 us all of these waits are kept; at fraction n a charge c is kept with probability 1/n
// and counts n*c: variance (n-1)*c*c.
TEST(ContentionTruth, SampledChargesAreUnbiased) {
  constexpr int kFraction = 100;
  ContentionWindow window(microseconds(10), kFraction);
  const std::vector<LockLog> logs = RunHolders(4, 1500, 100000, 50000);
  window.Take();
  const WaitTruth truth = TruthOf(logs);
  const double blocked = TotalsOf(window.block(), "LockLogged").nanos;
  const double charged = TotalsOf(window.mutex(), "Hold").nanos;
  // A charge consists of parts of the waits of up to three others: its square is at most three
  // times the sum of their squares. Uses measured times: on a loaded machine a preempted holder
  // makes single waits, and charges, a hundred times longer.
  double squares = 0;
  for (const LockLog& log : logs) {
    for (const Interval& wait : log.waits) {
      const auto d = static_cast<double>(wait.end - wait.begin);
      squares += d * d;
    }
  }
  const double error = std::sqrt((kFraction - 1) * 3 * squares);
  std::printf("block/truth %.4f; charged/truth %.4f, standard error %.4f\n",
              blocked / truth.waited_nanos, charged / truth.waited_nanos,
              error / truth.waited_nanos);
  EXPECT_NEAR(blocked / truth.waited_nanos, 1, 0.02);
  EXPECT_NEAR(charged, truth.waited_nanos, 4 * error);
}

}  // namespace
}  // namespace pprof::testing
