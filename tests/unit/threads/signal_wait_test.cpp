// Programs that wait for signals themselves are not told of ticks, and threads that block SIGPROF
// are named.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "pprof/recording.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

sigset_t All() {
  sigset_t all;
  sigfillset(&all);
  return all;
}

void Block(int how) {
  const sigset_t all = All();
  pthread_sigmask(how, &all, nullptr);
}

// Ticks of a timer that was armed before the signal was blocked are pending then.
void WorkThenBlockThenWork() {
  Hog1(20000000);
  Block(SIG_BLOCK);
  Hog1(200000000);
}

// Runs `wait` on a thread that takes all signals, under a CPU profile; then sends SIGTERM. `wait`
// returns the first signal it was told of.
template <class Wait>
int FirstSignalOf(Wait wait) {
  Recording recording = Recording::Start("profile", 1000).value();
  std::atomic<int> told{0};
  std::atomic<bool> ready{false};
  std::thread thread([&] {
    WorkThenBlockThenWork();
    ready = true;
    told = wait();
  });
  while (!ready) usleep(1000);
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): the thread waits for it, nothing is killed
  pthread_kill(thread.native_handle(), SIGTERM);
  thread.join();
  return told;
}

TEST(SignalWait, SigwaitIsNotToldOfTicks) {
  EXPECT_EQ(FirstSignalOf([] {
              const sigset_t all = All();
              int signal = 0;
              EXPECT_EQ(sigwait(&all, &signal), 0);
              return signal;
            }),
            SIGTERM);
}

TEST(SignalWait, SigwaitinfoIsNotToldOfTicks) {
  EXPECT_EQ(FirstSignalOf([] {
              const sigset_t all = All();
              siginfo_t info{};
              const int signal = sigwaitinfo(&all, &info);
              EXPECT_EQ(info.si_signo, signal);
              return signal;
            }),
            SIGTERM);
}

TEST(SignalWait, SigtimedwaitIsNotToldOfTicks) {
  EXPECT_EQ(FirstSignalOf([] {
              const sigset_t all = All();
              const timespec long_time{60, 0};
              return sigtimedwait(&all, nullptr, &long_time);
            }),
            SIGTERM);
}

TEST(SignalWait, SigtimedwaitEndsAtItsTime) {
  const Recording recording = Recording::Start("profile", 1000).value();
  std::thread([] {
    WorkThenBlockThenWork();
    const sigset_t all = All();
    const timespec now{};
    EXPECT_EQ(sigtimedwait(&all, nullptr, &now), -1);
    EXPECT_EQ(errno, EAGAIN);
  }).join();
}

TEST(SignalWait, ASignalfdIsNotToldOfTicks) {
  EXPECT_EQ(FirstSignalOf([] {
              const sigset_t all = All();
              const int fd = signalfd(-1, &all, SFD_CLOEXEC);
              EXPECT_GE(fd, 0);
              Hog1(100000000);
              signalfd_siginfo info{};
              EXPECT_EQ(read(fd, &info, sizeof info), static_cast<ssize_t>(sizeof info));
              close(fd);
              return static_cast<int>(info.ssi_signo);
            }),
            SIGTERM);
}

TEST(SignalWait, ASigprofOfSomebodyElseIsTaken) {
  std::thread([] {
    Block(SIG_BLOCK);
    pthread_kill(pthread_self(), SIGPROF);
    const sigset_t all = All();
    int signal = 0;
    EXPECT_EQ(sigwait(&all, &signal), 0);
    EXPECT_EQ(signal, SIGPROF);
  }).join();
}

TEST(SignalWait, ThreadsThatBlockSigprofAreNamedAndGetNone) {
  Block(SIG_BLOCK);  // inherited
  std::atomic<bool> stop{false};
  std::atomic<bool> pending{false};
  std::thread before([&] {
    while (!stop) Hog1(1000000);
    sigset_t waiting;
    sigpending(&waiting);
    pending = sigismember(&waiting, SIGPROF) == 1;
  });
  Recording recording = Recording::Start("profile", 1000).value();
  std::thread([] { Hog2(100000000); }).join();
  const uint64_t begin = ProcessCpuNanos();
  while (ProcessCpuNanos() - begin < 200000000) usleep(1000);
  stop = true;
  before.join();
  Block(SIG_UNBLOCK);
  EXPECT_FALSE(pending);
  const auto samples = SamplesOf(std::move(recording).Stop().value());
  EXPECT_GE(SumOf(samples, "[SIGPROF blocked]"), 290e6);
  EXPECT_EQ(SumOf(samples, "Hog"), 0);
}

}  // namespace
}  // namespace pprof::testing
