// The profiles against what the threads themselves wrote down.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "tests/unit/contention/contention_totals.h"
#include "tests/unit/contention/wait_truth.h"

#define NOINLINE __attribute__((noinline))
// Behind a function's last call: else it is a jump, and the frame is not there to be found.
#define KEEP_FRAME __asm__ volatile("")

namespace pprof::testing {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// Waits for `mutex` and writes down how long.
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

// Threads that take one lock, half of the time for long, half of the time for short.
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
}

}  // namespace
}  // namespace pprof::testing
