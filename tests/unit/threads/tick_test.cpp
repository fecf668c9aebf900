// Ticks and the ends of threads, and their samples in the ring. The test calls the handler at
// moments of its own, with the signal information of a timer that really expired once.
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <atomic>
#include <vector>

#include "profiler/signal_safe/hooks/on_thread.h"
#include "profiler/signal_safe/hooks/on_tick.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/thread/cpu_timer.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof::signal_safe {
namespace {

std::atomic<bool> expired{false};
siginfo_t timer_info;

void KeepInfo(int, void* siginfo, void*) {
  if (!expired) timer_info = *static_cast<siginfo_t*>(siginfo);
  expired = true;
}

// In a handler, as the kernel calls it.
void TickNow(int, siginfo_t*, void* ucontext) { OnTick(SIGPROF, &timer_info, ucontext); }

// Burns CPU time: the kernel looks at a thread's timers only where it finds the thread running, and
// one that yields again and again it may never find.
bool LearnTimerInfo() {
  if (!sys::InstallHandler(SIGPROF, KeepInfo)) return false;
  const int timer = sys::StartCpuTimer(sys::ThreadId(), SIGPROF, 1000000, 1);
  const uint64_t end = sys::OwnCpuNanos() + uint64_t{20000000000};
  while (timer != sys::kNoTimer && !expired && sys::OwnCpuNanos() < end) {
  }
  sys::DeleteTimer(timer);
  signal(SIGPROF, SIG_IGN);
  return expired;
}

class Tick : public ::testing::Test {
 protected:
  void SetUp() override {
    static const bool learned = LearnTimerInfo();
    ASSERT_TRUE(learned);
    ASSERT_TRUE(sample_ring.Prepare());
    Drain();
    cpu_sampling.tick_nanos = 1000000;
    cpu_sampling.interval_nanos = 1000000;
    timer_info.si_code = SI_TIMER;
    timer_info.si_overrun = 0;
    struct sigaction action {};
    action.sa_sigaction = TickNow;
    action.sa_flags = SA_SIGINFO;
    ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
  }
  void TearDown() override {
    cpu_sampling.interval_nanos = 0;
    SetLabels(0);
  }

  static std::vector<RingSample> Drain() {
    std::vector<RingSample> samples;
    sample_ring.Drain([&](const RingSample& sample) { samples.push_back(sample); });
    return samples;
  }
  static std::vector<RingSample> RaiseAndDrain() {
    raise(SIGUSR1);
    return Drain();
  }
};

TEST_F(Tick, IsASampleOfTheInterruptedThread) {
  SetLabels(7);
  const std::vector<RingSample> samples = RaiseAndDrain();
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].tid, sys::ThreadId());
  EXPECT_EQ(samples[0].weight, 1u);
  EXPECT_EQ(samples[0].label_set, 7u);
  EXPECT_GT(samples[0].depth, 2u);
}

// How late a tick is says nothing of the code that it finds.
TEST_F(Tick, CountsOnceHoweverLate) {
  for (const int overrun : {0, 1, 249, INT32_MAX}) {
    timer_info.si_overrun = overrun;
    const std::vector<RingSample> samples = RaiseAndDrain();
    ASSERT_EQ(samples.size(), 1u) << overrun;
    EXPECT_EQ(samples[0].weight, 1u) << overrun;
  }
}

// 2 of 5: 4,000 are 1,600, with a standard deviation of 31.
TEST_F(Tick, IsASampleAsOftenAsTheIntervalSays) {
  cpu_sampling.tick_nanos = 4000000;
  cpu_sampling.interval_nanos = 10000000;
  size_t samples = 0;
  for (int i = 0; i < 4000; ++i) samples += RaiseAndDrain().size();
  EXPECT_NEAR(static_cast<double>(samples), 1600, 6 * 31);
}

TEST_F(Tick, WithoutARecordingIsNone) {
  cpu_sampling.interval_nanos = 0;
  EXPECT_TRUE(RaiseAndDrain().empty());
}

TEST_F(Tick, OfSomebodyElseIsNone) {
  const siginfo_t ours = timer_info;
  for (const int code : {SI_USER, SI_TKILL, SI_QUEUE, SI_KERNEL}) {
    timer_info.si_code = code;
    EXPECT_TRUE(RaiseAndDrain().empty()) << code;
  }
  timer_info = ours;
  timer_info.si_value.sival_ptr = &timer_info;  // another's timer
  EXPECT_TRUE(RaiseAndDrain().empty());
  timer_info = ours;
  EXPECT_EQ(RaiseAndDrain().size(), 1u);
}

TEST_F(Tick, OfAFullRingIsLost) {
  uint64_t taken = 0;
  const uint64_t lost_before = sample_ring.lost();
  while (sample_ring.lost() == lost_before) {
    raise(SIGUSR1);
    ++taken;
  }
  raise(SIGUSR1);
  EXPECT_EQ(sample_ring.lost(), lost_before + 2);
  EXPECT_EQ(Drain().size(), taken - 1);
}

TEST_F(Tick, AThreadsEndTellsItsWholeTimeAndWhoseItWas) {
  for (const bool own : {false, true}) {
    ThreadRecord* record = thread_registry.Add({sys::ThreadId(), 0, nullptr, 0, 0, own});
    ASSERT_NE(record, nullptr);
    const uint64_t before = sys::OwnCpuNanos();
    OnCpuThreadEnd(record);
    const uint64_t after = sys::OwnCpuNanos();
    thread_registry.Free(record);
    const std::vector<RingSample> samples = Drain();
    ASSERT_EQ(samples.size(), 1u);
    EXPECT_EQ(samples[0].weight, 0u);
    EXPECT_EQ(samples[0].tid, sys::ThreadId());
    EXPECT_EQ(samples[0].own, own);
    EXPECT_GE(samples[0].cpu_nanos, before);
    EXPECT_LE(samples[0].cpu_nanos, after);
  }
}

}  // namespace
}  // namespace pprof::signal_safe
