// The state of threads whose stack was taken by a signal must match that stack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/threads/child_process.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/long_sleeper.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/pipe_reader.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

// Dumps until the thread's part has all that is wanted: it answers when it gets a CPU, for which a
// dump waits for 100 ms only.
bool DumpHas(const std::atomic<int32_t>& tid, const std::vector<std::string>& wanted) {
  std::string dump;
  const bool has = WaitUntil([&] {
    dump = tid == 0 ? "" : DumpOf(DumpText(), tid);
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& text) {
      return dump.find(text) != std::string::npos;
    });
  });
  if (!has) std::fprintf(stderr, "not all that was wanted is in\n%s\n", dump.c_str());
  return has;
}

// A read is made again after the handler, with all its arguments in the registers.
int CheckRead() {
  const PipeReader reader([](const auto& leaf) { leaf(); });
  const std::string wait = "[IO wait, fd " + std::to_string(reader.pipe.ends[0]) + " pipe";
  return DumpHas(reader.thread.tid(), {wait, "interrupted by this dump"}) ? 0 : 2;
}

// A sleep ends with EINTR: the call's number is lost, but not that there was a call.
int CheckSleep() {
  const LongSleeper sleeper;
  return DumpHas(sleeper.tid(), {"[syscall, interrupted by this dump", "nanosleep(...)"}) ? 0 : 3;
}

int CheckRunning() {
  std::atomic<bool> stop{false};
  std::atomic<int32_t> tid{0};
  std::thread hog([&] {
    tid = OwnTid();
    while (!stop) Hog1(1000000);
  });
  const bool has = DumpHas(tid, {"[running, \"", "Hog1(...)"});
  stop = true;
  hog.join();
  return has ? 0 : 4;
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
  const Pipe wake;
  std::thread parent([&] {
    tid = OwnTid();
    // NOLINTBEGIN(*.vfork,*.Vfork): the state of a thread in vfork is the subject
    const pid_t child = vfork();
    if (child == 0) {
      char byte;
      static_cast<void>(read(wake.ends[0], &byte, 1) + 0);
      _exit(0);
    }
    // NOLINTEND(*.vfork,*.Vfork)
    waitpid(child, nullptr, 0);
  });
  std::string dump;
  EXPECT_TRUE(WaitUntil([&] {
    dump = tid == 0 ? "" : DumpOf(DumpText(), tid);
    return dump.find("uninterruptible") != std::string::npos;
  })) << dump;
  wake.Write();
  parent.join();
  EXPECT_THAT(dump, ::testing::HasSubstr("vfork"));
  EXPECT_THAT(dump, ::testing::Not(::testing::HasSubstr("stack unavailable")));
  EXPECT_THAT(dump, ::testing::Not(::testing::HasSubstr("interrupted by this dump")));
}

}  // namespace
}  // namespace pprof::testing
