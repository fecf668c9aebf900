// The state of threads whose stack was taken by a signal must match that stack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "tests/unit/threads/child_process.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

bool Has(const std::string& text, const std::string& wanted) {
  const bool has = text.find(wanted) != std::string::npos;
  if (!has) std::fprintf(stderr, "no %s in\n%s\n", wanted.c_str(), text.c_str());
  return has;
}

std::string DumpOfThread(const std::atomic<int32_t>& tid) {
  WaitUntil([&] { return tid != 0; });
  return DumpOf(DumpText(), tid);
}

// read is restarted after the handler, with all arguments in registers.
int CheckRead() {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  const ParkedThread reader(
      [&] {
        char byte;
        static_cast<void>(read(ends[0], &byte, 1) + 0);
      },
      [&] { static_cast<void>(write(ends[1], "x", 1) + 0); });
  const std::string dump = DumpOf(DumpText(), reader.tid());
  return Has(dump, "[IO wait, fd " + std::to_string(ends[0]) + " pipe") &&
                 Has(dump, "interrupted by this dump")
             ? 0
             : 2;
}

// A sleep ends with EINTR: the call's number is lost, but not that there was a call.
int CheckSleep() {
  const ParkedThread sleeper(
      [] {
        const timespec long_time{600, 0};
        nanosleep(&long_time, nullptr);
      },
      [] {});
  const std::string dump = DumpOf(DumpText(), sleeper.tid());
  return Has(dump, "[syscall, interrupted by this dump") && Has(dump, "nanosleep(...)") ? 0 : 3;
}

int CheckRunning() {
  std::atomic<bool> stop{false};
  std::atomic<int32_t> tid{0};
  std::thread hog([&] {
    tid = OwnTid();
    while (!stop) Hog1(1000000);
  });
  const std::string dump = DumpOfThread(tid);
  stop = true;
  hog.join();
  return Has(dump, "[running, \"") && Has(dump, "Hog1(...)") ? 0 : 4;
}

// /proc shows nothing about the threads of such a process: all are signalled.
int RunNotDumpable() {
  if (setuid(65534) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) return 77;
  for (const auto check : {CheckRead, CheckSleep, CheckRunning}) {
    if (const int failed = check()) return failed;
  }
  return 0;
}

TEST(InterruptedState, IsThatOfTheStack) {
  if (getuid() != 0) GTEST_SKIP() << "needs root to change its user";
  EXPECT_EQ(RunInChild(RunNotDumpable), 0);
}

// A thread in vfork is in uninterruptible sleep: it has a stack and does not use up the deadline.
TEST(InterruptedState, UninterruptibleSleepHasItsLine) {
  std::atomic<int32_t> tid{0};
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread parent([&] {
    tid = OwnTid();
    const pid_t child = vfork();
    if (child == 0) {
      char byte;
      static_cast<void>(read(ends[0], &byte, 1) + 0);
      _exit(0);
    }
    waitpid(child, nullptr, 0);
  });
  std::string dump;
  uint64_t took = 0;
  const bool found = WaitUntil([&] {
    const uint64_t begin = NowNanos();
    dump = tid == 0 ? "" : DumpOf(DumpText(), tid);
    took = NowNanos() - begin;
    return dump.find("uninterruptible") != std::string::npos;
  });
  // The best of several: the first one symbolizes, and others may be preempted.
  for (int i = 0; i < 20 && found; ++i) {
    const uint64_t begin = NowNanos();
    static_cast<void>(DumpText());
    took = std::min(took, NowNanos() - begin);
  }
  EXPECT_EQ(write(ends[1], "x", 1), 1);
  parent.join();
  close(ends[0]);
  close(ends[1]);
  EXPECT_TRUE(found) << dump;
  EXPECT_THAT(dump, ::testing::HasSubstr("vfork"));
  EXPECT_LT(took, 90000000u);
}

}  // namespace
}  // namespace pprof::testing
