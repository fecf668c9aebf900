// The signal of the CPU profile: who has it before, during and after, and what its handler leaves
// alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include <thread>
#include <vector>

#include "pprof/recording.h"
#include "tests/process_resources.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

using ::testing::HasSubstr;

Recording Start(int hz = 100) { return Recording::Start("profile", hz).value(); }
std::vector<NamedSample> Stop(Recording recording) {
  return SamplesOf(std::move(recording).Stop().value());
}

extern "C" __attribute__((visibility("default"))) void SomeoneElsesProfiler(int) {}

TEST(Cpu, AForeignUserOfSigprofIsNamed) {
  signal(SIGPROF, SomeoneElsesProfiler);
  const auto refused = Recording::Start("profile");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), StatusCode::kConflict);
  EXPECT_THAT(refused.status().message(), HasSubstr("SIGPROF is handled by "));
  EXPECT_THAT(refused.status().message(), HasSubstr("pprof_threads_test"));
}

TEST(Cpu, TheSignalGoesBackToWhatItWas) {
  for (const auto before : {SIG_DFL, SIG_IGN}) {
    signal(SIGPROF, before);
    { const Recording recording = Start(); }
    EXPECT_EQ(signal(SIGPROF, SIG_DFL), before);
  }
}

TEST(Cpu, AProfilerThatCameMeanwhileKeepsItsHandler) {
  {
    const Recording recording = Start();
    signal(SIGPROF, SomeoneElsesProfiler);
  }
  EXPECT_EQ(signal(SIGPROF, SIG_DFL), SomeoneElsesProfiler);
}

// Fails if pending SIGPROF signals are not discarded before the default action is restored.
TEST(Cpu, StartAndStopUnderLoadKillsNobodyAndLeavesNoTimer) {
  const BusyThreads busy(8);
  std::atomic<bool> stop{false};
  std::thread churn([&] {
    while (!stop) std::thread([] { Hog1(300000); }).join();
  });
  for (int i = 0; i < 300; ++i) {
    const Recording recording = Start(1000);
    usleep(1000);
  }
  stop = true;
  churn.join();
  EXPECT_EQ(PosixTimers(), 0u);
}

TEST(Cpu, TheHandlerKeepsErrno) {
  const Recording recording = Start(1000);
  const uint64_t end = OwnCpuNanos() + 500000000;
  int changed = 0;
  while (OwnCpuNanos() < end) {
    errno = 12345;
    // "memory": prevents the compiler from caching errno.
    for (int i = 0; i < 100000; ++i) __asm__ volatile("" : : "r"(i) : "memory");
    changed += errno != 12345;
  }
  EXPECT_EQ(changed, 0);
}

// Memory below it is inaccessible: a handler that needs more crashes.
class AlternateStack {
 public:
  explicit AlternateStack(size_t bytes) : bytes_(bytes) {
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
    memory_ = static_cast<char*>(mmap(nullptr, kGuard + bytes, PROT_NONE, kFlags, -1, 0));
    EXPECT_EQ(mprotect(memory_ + kGuard, bytes, PROT_READ | PROT_WRITE), 0);
    stack_t stack{};
    stack.ss_sp = memory_ + kGuard;
    stack.ss_size = bytes;
    EXPECT_EQ(sigaltstack(&stack, nullptr), 0);
  }
  ~AlternateStack() {
    stack_t stack{};
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, nullptr);
    munmap(memory_, kGuard + bytes_);
  }

 private:
  static constexpr size_t kGuard = 64 * 1024;
  const size_t bytes_;
  char* memory_;
};

void BurnInHog1() { Hog1(100000000); }

// Records `burn`, again and again, until Hog1 is in a hundred samples: the kernel gives that many a
// second, or more. The test's own frame must be in each of them.
void ExpectWalkedToTheTest(void (*burn)()) {
  const uint64_t end = OwnCpuNanos() + uint64_t{20000000000};
  int64_t seen = 0;
  while (seen < 100 && OwnCpuNanos() < end) {
    Recording recording = Start(1000);
    burn();
    for (const NamedSample& sample : Stop(std::move(recording))) {
      if (!sample.Has("Hog1")) continue;
      seen += sample.values[0];
      EXPECT_TRUE(sample.Has("TestBody")) << sample.frames.back();
    }
  }
  EXPECT_GE(seen, 100);
}

TEST(Cpu, TheHandlerFitsOnAnAlternateStackOf8KiB) {
  const AlternateStack stack(8192);
  ExpectWalkedToTheTest(BurnInHog1);
}

// Like a coroutine's: a stack away from the thread's own, below a signal frame.
TEST(Cpu, AStackElsewhereIsWalked) {
  const AlternateStack stack(64 * 1024);
  struct sigaction action {};
  action.sa_handler = [](int) { BurnInHog1(); };
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, nullptr);
  ExpectWalkedToTheTest([] { raise(SIGUSR1); });  // through the signal frame
}

}  // namespace
}  // namespace pprof::testing
