// Switching on and off, rates of requests, the sampling rule, and the cost of calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <thread>

#include "pprof/labels.h"
#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/contention/contention_rates.h"
#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/signal_safe/hooks/on_wait.h"
#include "profiler/signal_safe/signal_safe.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/wait_call.h"
#include "tests/unit/contention/contention_totals.h"
#include "tests/unit/contention/wait_truth.h"

namespace pprof::testing {
namespace {

using signal_safe::contention;
using std::chrono::nanoseconds;
using ::testing::HasSubstr;

// Waits for `mutex` while another thread holds it, once.
void ContendOnce(std::mutex& mutex, uint64_t hold_nanos = 200000) {
  std::atomic<bool> held{false};
  std::thread holder([&] {
    mutex.lock();
    held = true;
    SleepFor(hold_nanos);
    mutex.unlock();
  });
  while (!held) std::this_thread::yield();
  mutex.lock();
  mutex.unlock();
  holder.join();
}

std::string TextOf(const char* profile) {
  std::ostringstream out;
  EXPECT_TRUE(Collect(profile).value().Symbolize().WriteTo(out, Format::kText).ok());
  return out.str();
}

TEST(ContentionSampling, OffByDefaultAndSaysHowToSwitchOn) {
  EXPECT_EQ(GetSampling().block_interval.count(), 0);
  EXPECT_EQ(GetSampling().mutex_fraction, 0);
  const int64_t blocked = Collect("block").value().total(0);
  const int64_t charged = Collect("mutex").value().total(0);
  std::mutex mutex;
  ContendOnce(mutex);
  EXPECT_THAT(TextOf("block"), HasSubstr("POST /debug/pprof/block?rate=10us"));
  EXPECT_THAT(TextOf("mutex"), HasSubstr("POST /debug/pprof/mutex?fraction=100"));
  EXPECT_EQ(Collect("block").value().total(0), blocked);
  EXPECT_EQ(Collect("mutex").value().total(0), charged);
}

TEST(ContentionSampling, TextIsGos) {
  ContentionWindow window(nanoseconds(1), 1);
  std::mutex mutex;
  ContendOnce(mutex);
  EXPECT_THAT(TextOf("block"), HasSubstr("--- contention:\ncycles/second=1000000000\n"));
  EXPECT_THAT(TextOf("mutex"),
              HasSubstr("--- mutex:\ncycles/second=1000000000\nsampling period=1\n"));
}

TEST(ContentionSampling, SettingsAreChecked) {
  Sampling sampling = GetSampling();
  sampling.block_interval = nanoseconds(-1);
  EXPECT_EQ(SetSampling(sampling).code(), StatusCode::kInvalidArgument);
  sampling = GetSampling();
  sampling.mutex_fraction = -1;
  EXPECT_EQ(SetSampling(sampling).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(contention.block_interval_ns, 0u);
}

const ProfileAction& ActionOf(const char* profile) { return FindProfileType(profile)->actions[0]; }

TEST(ContentionSampling, ActionsSetTheRates) {
  EXPECT_TRUE(ActionOf("block").run({{"rate", "10us"}}).ok());
  EXPECT_TRUE(ActionOf("mutex").run({{"fraction", "100"}}).ok());
  EXPECT_EQ(GetSampling().block_interval, std::chrono::microseconds(10));
  EXPECT_EQ(GetSampling().mutex_fraction, 100);
  for (const char* bad : {"", "fast", "-1us", "10 us", "2h", "99999999999999999999", "10us "}) {
    const Status status = ActionOf("block").run({{"rate", bad}});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << bad;
  }
  for (const char* bad : {"", "1/100", "-1", "10us", "4294967297"}) {
    EXPECT_FALSE(ActionOf("mutex").run({{"fraction", bad}}).ok()) << bad;
  }
  EXPECT_FALSE(ActionOf("block").run({}).ok());
  EXPECT_TRUE(ActionOf("block").run({{"rate", "0"}}).ok());
  EXPECT_TRUE(ActionOf("mutex").run({{"fraction", "0"}}).ok());
  EXPECT_EQ(signal_safe::contention_on, 0u);
}

TEST(ContentionSampling, RequestsShareAndGiveBack) {
  const auto want = [](const char* rate) {
    return FindProfileType("block")->prepare({{"rate", rate}}).value();
  };
  auto coarse = want("1ms");
  EXPECT_EQ(contention.block_interval_ns, 1000000u);
  auto fine = want("10us");
  auto fine_too = want("10us");
  EXPECT_EQ(contention.block_interval_ns, 10000u) << "the finest requested rate";
  fine.reset();
  EXPECT_EQ(contention.block_interval_ns, 10000u);
  fine_too.reset();
  EXPECT_EQ(contention.block_interval_ns, 1000000u);
  Sampling own = GetSampling();
  own.block_interval = nanoseconds(500);
  ASSERT_TRUE(SetSampling(own).ok());
  EXPECT_EQ(contention.block_interval_ns, 500u);
  coarse.reset();
  EXPECT_EQ(contention.block_interval_ns, 500u) << "the program's own setting stays";
  own.block_interval = nanoseconds(0);
  ASSERT_TRUE(SetSampling(own).ok());
  EXPECT_EQ(signal_safe::contention_on, 0u);
  EXPECT_FALSE(FindProfileType("block")->prepare({{"rate", "soon"}}).ok());
  EXPECT_EQ(FindProfileType("mutex")->prepare({}).value(), nullptr);
}

TEST(ContentionSampling, ConcurrentRequestsLeaveNothingBehind) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) {
        auto rate = FindProfileType("block")->prepare({{"rate", std::to_string(t + 1) + "us"}});
        auto fraction = FindProfileType("mutex")->prepare({{"fraction", std::to_string(t + 1)}});
        EXPECT_TRUE(rate.ok() && fraction.ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(signal_safe::contention_on, 0u);
}

// Polls until the thread waits in the kernel for a lock; after 10 s the test fails by its result.
void WaitUntilInFutex(int32_t tid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  sys::TaskSyscall call;
  while (std::chrono::steady_clock::now() < deadline) {
    if (sys::ReadTaskSyscall(tid, &call) == sys::TaskRead::kOk && call.in_kernel &&
        sys::WaitKindOf(call.number) == sys::WaitKind::kFutex) {
      return;
    }
    std::this_thread::yield();
  }
}

TEST(ContentionSampling, LabelsAreThoseOfWhoWaitsAndWhoHolds) {
  ContentionWindow window(nanoseconds(1), 1);
  std::mutex mutex;
  std::thread holder;
  const int32_t waiter = sys::ThreadId();
  {
    const ScopedLabels labels({{"role", "holder"}});
    std::atomic<bool> held{false};
    holder = std::thread([&] {  // inherits the label
      mutex.lock();
      held = true;
      WaitUntilInFutex(waiter);
      mutex.unlock();
    });
    while (!held) std::this_thread::yield();
  }
  {
    const ScopedLabels labels({{"role", "waiter"}});
    mutex.lock();
    mutex.unlock();
  }
  holder.join();
  window.Take();
  const auto labelled = [](const Snapshot& snapshot, const char* role) {
    for (const auto& set : model::SnapshotAccess::ProfileOf(snapshot).label_sets) {
      for (const Label& label : set) {
        if (label.key == "role" && label.text == role) return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(labelled(window.block(), "waiter"));
  EXPECT_TRUE(labelled(window.mutex(), "holder"));
}

TEST(ContentionSampling, ThreadsInsideTheProfilerAreNotSeen) {
  ContentionWindow window(nanoseconds(1), 1);
  const signal_safe::ReentryGuard inside;
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock<std::mutex> lock(mutex);
  condition.wait_for(lock, std::chrono::milliseconds(2));
  lock.unlock();
  window.Take();
  EXPECT_EQ(window.block().total(0), 0);
}

__attribute__((noinline)) double WaitTwentyMicros() {
  const uint64_t begin = NowNanos();
  signal_safe::Wait wait;
  SpinFor(20000);
  wait.Ended({__builtin_return_address(0), nullptr});
  return static_cast<double>(NowNanos() - begin);
}

__attribute__((noinline)) void WaitShortly(int times, double* nanos) {
  for (int i = 0; i < times; ++i) *nanos += WaitTwentyMicros();
}

// Go's rule: 3,000 waits of a fiftieth of the interval.
TEST(StatisticalContention, ShortWaitsAreKeptInProportion) {
  Sampling on = GetSampling();
  on.block_interval = std::chrono::milliseconds(1);
  ASSERT_TRUE(SetSampling(on).ok());
  const Snapshot before = Collect("block").value();
  double waited = 0;
  WaitShortly(3000, &waited);
  on.block_interval = nanoseconds(0);
  ASSERT_TRUE(SetSampling(on).ok());
  const Snapshot block = Collect("block").value().Since(before).value();
  const Totals totals = TotalsOf(block, "WaitShortly");
  // Keeps about 60 of 3,000: a standard error of 13 %.
  EXPECT_NEAR(totals.nanos / waited, 1, 0.55);
  EXPECT_NEAR(totals.contentions, 3000, 1650);
}

TEST(ContentionEnvironment, DurationsAndFractions) {
  uint64_t nanos = 0;
  EXPECT_TRUE(signal_safe::ParseWaitInterval("10us", &nanos));
  EXPECT_EQ(nanos, 10000u);
  EXPECT_FALSE(signal_safe::ParseWaitInterval("250", &nanos));
  EXPECT_TRUE(signal_safe::ParseWaitInterval("250ns", &nanos));
  EXPECT_EQ(nanos, 250u);
  EXPECT_TRUE(signal_safe::ParseWaitInterval("3600s", &nanos));
  EXPECT_EQ(nanos, 3600000000000u);
  EXPECT_FALSE(signal_safe::ParseWaitInterval("3601s", &nanos));
  EXPECT_FALSE(signal_safe::ParseWaitInterval("us", &nanos));
  uint32_t fraction = 0;
  EXPECT_TRUE(signal_safe::ParseFraction("1000000000", &fraction));
  EXPECT_FALSE(signal_safe::ParseFraction("1000000001", &fraction));
}

// All lock operations that do not wait, a thousand times.
void UseLocksWithoutWaiting() {
  static std::mutex mutex;
  static std::recursive_mutex recursive;
  static std::timed_mutex timed;
  static std::shared_mutex shared;
  constexpr auto kFarAway = std::chrono::steady_clock::time_point(std::chrono::hours(1000000));
  static sem_t semaphore;
  sem_init(&semaphore, 0, 1000);
  for (int i = 0; i < 1000; ++i) {
    const std::lock_guard<std::mutex> a(mutex);
    const std::lock_guard<std::recursive_mutex> b(recursive);
    const std::lock_guard<std::recursive_mutex> c(recursive);
    { const std::shared_lock<std::shared_mutex> d(shared); }
    { const std::unique_lock<std::shared_mutex> e(shared); }
    { const std::unique_lock<std::timed_mutex> f(timed, kFarAway); }
    sem_wait(&semaphore);
  }
}

// Strict seccomp kills at any system call but read, write, exit and sigreturn, and at reading the
// clock.
int RunWithoutSystemCalls(void (*body)()) {
  const pid_t child = fork();
  if (child == 0) {
    body();  // one-time initialization
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    body();
    syscall(SYS_exit, 42);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(ContentionCost, NothingWithoutWaiting) {
  for (const bool on : {false, true}) {
    std::unique_ptr<ContentionWindow> window;
    if (on) window = std::make_unique<ContentionWindow>(nanoseconds(1), 1);
    const int status = RunWithoutSystemCalls(UseLocksWithoutWaiting);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42) << "status " << status;
    const uint64_t bytes_left = signal_safe::thread_state.bytes_left;
    UseLocksWithoutWaiting();
    EXPECT_EQ(signal_safe::thread_state.bytes_left, bytes_left) << "memory was allocated";
    if (on) {
      window->Take();
      EXPECT_EQ(window->block().total(0), 0);
      EXPECT_EQ(window->mutex().total(0), 0);
    }
  }
}

TEST(ContentionCost, SeccompWouldHaveSeenIt) {
  const int status = RunWithoutSystemCalls([] { syscall(SYS_getppid); });
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(ContentionCost, WaitingAndChargingAllocatesNothing) {
  ContentionWindow window(nanoseconds(1), 1);
  std::mutex mutex;
  std::atomic<int> waits_wanted{0};
  const int32_t waiter = sys::ThreadId();
  // Holds the lock until this thread waits for it, once a turn.
  std::atomic<int> held{0};
  std::thread other([&] {
    for (int turn = 1; turn <= 20; ++turn) {
      while (waits_wanted < turn) std::this_thread::yield();
      mutex.lock();
      held = turn;
      WaitUntilInFutex(waiter);
      mutex.unlock();
    }
  });
  uint64_t before = 0;
  for (int turn = 1; turn <= 20; ++turn) {
    if (turn == 11) before = signal_safe::thread_state.bytes_left;  // tables are made by now
    waits_wanted = turn;
    while (held < turn) std::this_thread::yield();
    mutex.lock();
    mutex.unlock();
  }
  const uint64_t after = signal_safe::thread_state.bytes_left;
  other.join();
  window.Take();
  EXPECT_EQ(before, after);
  EXPECT_GE(window.block().total(0), 20);
}

}  // namespace
}  // namespace pprof::testing
