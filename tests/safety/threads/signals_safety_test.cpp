// The handler together with other signals, and between any two instructions of malloc.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <future>
#include <initializer_list>
#include <thread>
#include <vector>

#include "pprof/pprof.h"
#include "pprof/recording.h"
#include "tests/bench/threads/bench_support.h"
#include "tests/bench/threads/forged_tick.h"
#include "tests/trap_flag.h"
#include "tests/unit/threads/child_process.h"

namespace pprof {
namespace {

using bench::TickForger;

// --- malloc with its locks held ---

std::atomic<unsigned long> steps{0};
std::atomic<bool> is_stepping{false};

void OnStep(int, siginfo_t*, void* ucontext) {
  if (!is_stepping) return stepping::ClearTrapFlagOf(ucontext);
  ++steps;
  TickForger::Tick(ucontext);
}

// Many different sizes, so that the allocator's central lists are used with their locks held.
void AllocateALot() {
  void* blocks[64];
  for (size_t round = 0; round < 3; ++round) {
    for (size_t i = 0; i < 64; ++i) blocks[i] = std::malloc(16 + i * i * 40);
    for (void* block : blocks) std::free(block);
  }
}

TEST(Signals, ATickBetweenAllInstructionsOfMalloc) {
  auto recording = Recording::Start("profile", 100).value();
  ASSERT_TRUE(TickForger::Learn());
  struct sigaction action {};
  action.sa_sigaction = OnStep;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  sigaction(SIGTRAP, &action, nullptr);
  is_stepping = true;
  stepping::SetTrapFlag();
  AllocateALot();
  is_stepping = false;
  __asm__ volatile("nop");  // the last trap: clears the flag
  signal(SIGTRAP, SIG_DFL);
  EXPECT_GT(steps, 5000u);
  EXPECT_GT(std::move(recording).Stop().value().total(0), 0);
}

// --- other signals ---

std::atomic<long> nested{0};

// The program's own handler uses CPU time: ticks and dumps interrupt it.
void BurnInHandler(int) {
  const int before = errno;
  for (int i = 0; i < 20; ++i) bench::Spin();
  ++nested;
  errno = before;
}

pid_t Tid() { return static_cast<pid_t>(syscall(SYS_gettid)); }

TEST(Signals, NestedOnesOfTheProgram) {
  struct sigaction action {};
  action.sa_handler = BurnInHandler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  std::atomic<bool> stop{false};
  std::atomic<pid_t> tid{0};
  std::thread victim([&] {
    tid = Tid();
    while (!stop) AllocateALot();
  });
  while (tid == 0) std::this_thread::yield();
  auto recording = Recording::Start("profile", 1000).value();
  const double begin = bench::ThreadCpu();
  // The victim handles a signal when it gets a CPU.
  for (int i = 0; bench::ThreadCpu() - begin < 1.0 || nested <= 100; ++i) {
    syscall(SYS_tgkill, getpid(), tid.load(), SIGUSR1);
    if (i % 16 == 0) {
      const auto dump = Collect("goroutine");
      EXPECT_TRUE(dump.ok()) << dump.status().message();
    }
    bench::Spin();
  }
  stop = true;
  victim.join();
  const Snapshot snapshot = std::move(recording).Stop().value();
  EXPECT_EQ(snapshot.lost_samples(), 0u);
  EXPECT_GT(snapshot.total(0), 100);
}

// Somebody's SIGPROF is no sample.
TEST(StatisticalSignals, AForeignSigprofIsNoSample) {
  auto recording = Recording::Start("profile", 100).value();
  constexpr int kForeign = 20000;
  const double begin = bench::ProcessCpu();
  for (int i = 0; i < kForeign; ++i) syscall(SYS_tgkill, getpid(), Tid(), SIGPROF);
  const double used = bench::ProcessCpu() - begin;
  const Snapshot snapshot = std::move(recording).Stop().value();
  EXPECT_LT(snapshot.total(0), 2 * (used * 100 + 5));
  EXPECT_NEAR(static_cast<double>(snapshot.total(1)) / 1e9, used, 0.05 + used * 0.1);
}

// A thread that blocks all signals, including SIGPROF, has its time in the profile.
TEST(Signals, BlockedOnesCostNoTime) {
  std::atomic<bool> stop{false};
  std::atomic<double> used{0};
  std::thread deaf([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    while (!stop) {
      bench::Spin();
      used = bench::ThreadCpu();
    }
  });
  const auto await_change = [&] {
    for (const double last = used; used == last;) std::this_thread::yield();
  };
  await_change();
  auto recording = Recording::Start("profile", 100).value();
  await_change();
  await_change();  // this clock was read after the recording had begun
  const double before = used;
  while (used - before < 0.5) std::this_thread::yield();
  const double during = used - before;
  const Snapshot snapshot = std::move(recording).Stop().value();
  stop = true;
  deaf.join();
  EXPECT_GE(static_cast<double>(snapshot.total(1)) / 1e9, during);
}

// --- signals that the program uses itself ---

// A thread that runs and blocks `mine`, as for sigwaitinfo or signalfd, while its stack is asked
// for. 0: no signal was left pending in it, and of the other thread a stack was taken.
int DumpWhileAThreadBlocks(std::initializer_list<int> mine) {
  std::atomic<bool> blocked{false};
  std::atomic<bool> stop{false};
  std::atomic<int> pending_signal{0};
  std::thread waits_for_signals([&] {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : mine) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    blocked = true;
    while (!stop) bench::Spin();
    sigpending(&set);
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
      if (sigismember(&set, signal) == 1) pending_signal = signal;
    }
  });
  std::thread other([&] {
    while (!stop) bench::Spin();
  });
  while (!blocked) std::this_thread::yield();
  bool ok = true;
  for (int i = 0; i < 50; ++i) ok &= Collect("goroutine").ok();
  stop = true;
  waits_for_signals.join();
  other.join();
  return ok ? pending_signal.load() : -1;
}

int DumpWhileSigurgIsWaitedFor() { return DumpWhileAThreadBlocks({SIGURG}); }

int DumpWhileSigurgIsHandledAndOthersWaitedFor() {
  signal(SIGURG, [](int) { _exit(1); });
  return DumpWhileAThreadBlocks({SIGRTMIN, SIGRTMIN + 1, SIGRTMAX});
}

TEST(Signals, OnesThatTheProgramWaitsForAreLeftToIt) {
  EXPECT_EQ(testing::RunInChild(DumpWhileSigurgIsWaitedFor), 0);
  EXPECT_EQ(testing::RunInChild(DumpWhileSigurgIsHandledAndOthersWaitedFor), 0);
}

// --- the disposition ---

// Only fault handlers may interrupt the profiler's handler, which never fails a system call of the
// program.
TEST(Signals, TheHandlerKeepsOthersOut) {
  const auto recording = Recording::Start("profile", 100).value();
  struct sigaction action {};
  ASSERT_EQ(sigaction(SIGPROF, nullptr, &action), 0);
  EXPECT_EQ(action.sa_flags & (SA_RESTART | SA_ONSTACK), SA_RESTART | SA_ONSTACK);
  for (const int other : {SIGUSR1, SIGURG, SIGALRM, SIGTERM, SIGCHLD, SIGRTMIN, SIGRTMAX}) {
    EXPECT_EQ(sigismember(&action.sa_mask, other), 1) << other;
  }
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    EXPECT_EQ(sigismember(&action.sa_mask, fault), 0) << fault;
  }
}

// A signal pending in a thread that blocks it must be discarded before the default action, which
// kills, is restored.
int StopWithASignalPending() {
  auto recording = Recording::Start("profile", 100).value();
  sigset_t profiling;
  sigemptyset(&profiling);
  sigaddset(&profiling, SIGPROF);
  pthread_sigmask(SIG_BLOCK, &profiling, nullptr);
  syscall(SYS_tgkill, getpid(), Tid(), SIGPROF);
  static_cast<void>(std::move(recording).Stop());
  pthread_sigmask(SIG_UNBLOCK, &profiling, nullptr);
  return 0;
}

TEST(Signals, APendingOneDoesNotKillAfterTheStop) {
  EXPECT_EQ(testing::RunInChild(StopWithASignalPending), 0);
}

// Timers tick while they are disarmed one by one: 500 take half a millisecond.
int StopOften() {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) bench::Spin();
    });
  }
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  for (int i = 0; i < 500; ++i) threads.emplace_back([ended] { ended.wait(); });
  for (int i = 0; i < 150; ++i) static_cast<void>(Recording::Start("profile", 1000).value());
  stop = true;
  end.set_value();
  for (std::thread& thread : threads) thread.join();
  return 0;
}

TEST(Signals, StopsDoNotKill) { EXPECT_EQ(testing::RunInChild(StopOften), 0); }

// --- fork ---

// Registered before the profiler's handlers: its prepare handler runs after theirs, its other
// handlers before theirs.
std::atomic<int> blocked_at_fork{0};

bool ProfilingIsBlocked() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, SIGPROF) == 1;
}

void NoteMask() { blocked_at_fork += ProfilingIsBlocked() ? 1 : 100; }

__attribute__((constructor(101))) void WatchForks() {
  pthread_atfork(NoteMask, NoteMask, NoteMask);
}

// A tick during a fork would restart the copying, or arrive in a child with inconsistent tables.
TEST(Signals, NoTickDuringAFork) {
  blocked_at_fork = 0;
  const pid_t child = fork();
  if (child == 0) _exit(blocked_at_fork == 2 && !ProfilingIsBlocked() ? 0 : 1);
  EXPECT_EQ(testing::WaitFor(child), 0);
  EXPECT_EQ(blocked_at_fork, 2);
  EXPECT_FALSE(ProfilingIsBlocked());
}

}  // namespace
}  // namespace pprof
