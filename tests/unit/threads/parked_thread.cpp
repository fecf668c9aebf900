#include "tests/unit/threads/parked_thread.h"

#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <utility>

#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::testing {
namespace {

uint64_t ReadClock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

bool WaitUntil(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

bool WaitUntilAsleep(int32_t tid) {
  return WaitUntil([&] {
    sys::TaskStat stat;
    sys::TaskSyscall call;
    return sys::ReadTaskStat(tid, &stat) && stat.state == 'S' &&
           (sys::ReadTaskSyscall(tid, &call) != sys::TaskRead::kOk || call.in_kernel);
  });
}

ParkedThread::ParkedThread(std::function<void()> body, std::function<void()> release)
    : release_(std::move(release)), thread_([this, body = std::move(body)] {
        tid_.store(OwnTid());
        body();
      }) {
  EXPECT_TRUE(WaitUntil([&] { return tid_.load() != 0; }));
  EXPECT_TRUE(WaitUntilAsleep(tid_.load()));
}

ParkedThread::~ParkedThread() {
  release_();
  thread_.join();
}

int32_t OwnTid() { return sys::ThreadId(); }
uint64_t NowNanos() { return ReadClock(CLOCK_MONOTONIC); }
uint64_t OwnCpuNanos() { return ReadClock(CLOCK_THREAD_CPUTIME_ID); }
uint64_t ProcessCpuNanos() { return ReadClock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace pprof::testing
