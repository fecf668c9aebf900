// Words for a wait, from a call, its arguments and a stack that are made up. Owners come from real
// locks that this thread holds: their layout is glibc's.
#include "profiler/profiles/threads/wait_reason.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/profiles/threads/deadlocks.h"
#include "profiler/sys/modules/libc_functions.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles {
namespace {

ThreadView Waiting(int64_t call, uint64_t first = 0, uint64_t second = 0, uint64_t third = 0) {
  ThreadView view;
  view.tid = 5;
  view.stat.state = 'S';
  view.call.in_kernel = true;
  view.call.number = call;
  view.call.arguments[0] = first;
  view.call.arguments[1] = second;
  view.call.arguments[2] = third;
  return view;
}

// In futex(), below a function of the C library.
ThreadView WaitingIn(const char* function, const void* futex) {
  ThreadView view = Waiting(SYS_futex, reinterpret_cast<uint64_t>(futex), FUTEX_WAIT_PRIVATE);
  const sys::FunctionRange range = sys::FindLibcFunction(function);
  EXPECT_LT(range.begin, range.end) << function;
  view.pcs = {0x1000, range.begin + 1};
  return view;
}

void ExpectReason(const ThreadView& view, const std::string& state, const std::string& detail,
                  int32_t waits_for = 0) {
  const WaitReason reason = ReasonOf(view);
  EXPECT_EQ(reason.state, state);
  EXPECT_EQ(reason.detail, detail);
  EXPECT_EQ(reason.waits_for_tid, waits_for);
}

TEST(WaitReason, StatesThatAreNoWait) {
  ThreadView view = Waiting(SYS_read);
  view.stat.state = 'R';
  ExpectReason(view, "runnable", "");
  view.on_cpu = true;
  ExpectReason(view, "running", "");
  for (const char stopped : {'T', 't'}) {
    view.stat.state = stopped;
    ExpectReason(view, "stopped", "");
  }
  for (const char dead : {'Z', 'X'}) {
    view.stat.state = dead;
    ExpectReason(view, "dead", "");
  }
}

TEST(WaitReason, OutsideOfTheKernelTheClockDecides) {
  ThreadView view;
  view.stat.state = 'S';
  ExpectReason(view, "waiting", "");
  view.on_cpu = true;
  ExpectReason(view, "running", "");
}

TEST(WaitReason, CallsByTheirKind) {
  ExpectReason(Waiting(SYS_poll), "IO wait", "");
  ExpectReason(Waiting(SYS_clock_nanosleep), "sleep", "");
  ExpectReason(Waiting(SYS_wait4), "wait for child", "");
  ExpectReason(Waiting(SYS_pause), "signal wait", "");
  ExpectReason(Waiting(SYS_getrandom), "syscall", fmt::format("number {}", SYS_getrandom));
  ExpectReason(Waiting(-1), "syscall", "");
}

TEST(WaitReason, ADescriptorIsNamedWithoutBrackets) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const WaitReason reason = ReasonOf(Waiting(SYS_read, static_cast<uint64_t>(ends[0])));
  EXPECT_EQ(reason.state, "IO wait");
  EXPECT_EQ(reason.detail.find(fmt::format("fd {} pipe ", ends[0])), 0u) << reason.detail;
  EXPECT_EQ(reason.detail.find_first_of("[]:"), std::string::npos) << reason.detail;
  close(ends[0]);
  close(ends[1]);
}

TEST(WaitReason, WhatTheDumpDidAndTheKernelSaysIsAdded) {
  ThreadView view = Waiting(SYS_nanosleep);
  view.call.interrupted = true;
  ExpectReason(view, "sleep", "interrupted by this dump");
  view.stat.state = 'D';
  ExpectReason(view, "sleep", "interrupted by this dump, uninterruptible");
  view.call.interrupted = false;
  ExpectReason(view, "sleep", "uninterruptible");
}

TEST(WaitReason, AMutexNamesItsOwner) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  const int32_t self = sys::ThreadId();
  for (const char* function :
       {"pthread_mutex_lock", "pthread_mutex_timedlock", "pthread_mutex_clocklock"}) {
    ExpectReason(WaitingIn(function, &mutex), "sync.Mutex.Lock",
                 fmt::format("lock {} held by {}", fmt::ptr(&mutex), self), self);
  }
  pthread_mutex_unlock(&mutex);
  ExpectReason(WaitingIn("pthread_mutex_lock", &mutex), "sync.Mutex.Lock",
               fmt::format("lock {}", fmt::ptr(&mutex)));
}

// Readers wait for `wrphase`, a writer for `writers_futex` while a writer holds the lock: the third
// and the fourth word.
TEST(WaitReason, ARwlockNamesTheWriterThatHoldsIt) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  const auto* words = reinterpret_cast<const uint32_t*>(&lock);
  pthread_rwlock_wrlock(&lock);
  const int32_t self = sys::ThreadId();
  const std::string held = fmt::format("lock {} held by {}", fmt::ptr(&lock), self);
  ExpectReason(WaitingIn("pthread_rwlock_rdlock", words + 2), "sync.RWMutex.RLock", held, self);
  ExpectReason(WaitingIn("pthread_rwlock_wrlock", words + 3), "sync.RWMutex.Lock", held, self);
  pthread_rwlock_unlock(&lock);
}

// Nobody knows which readers hold it: such a wait is never part of a cycle.
TEST(WaitReason, ARwlockThatReadersHoldNamesNobody) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  const auto* words = reinterpret_cast<const uint32_t*>(&lock);
  pthread_rwlock_rdlock(&lock);
  ExpectReason(WaitingIn("pthread_rwlock_wrlock", words + 2), "sync.RWMutex.Lock",
               fmt::format("lock {}", fmt::ptr(&lock)));
  pthread_rwlock_unlock(&lock);
}

TEST(WaitReason, ConditionsAndSemaphoresHaveNoOwner) {
  uint32_t word = 0;
  ExpectReason(WaitingIn("pthread_cond_timedwait", &word), "sync.Cond.Wait", "");
  ExpectReason(WaitingIn("sem_wait", &word), "semacquire", "");
}

// Not from memory that is not there.
TEST(WaitReason, AnOwnerThatCannotBeReadIsUnknown) {
  ExpectReason(WaitingIn("pthread_mutex_lock", reinterpret_cast<void*>(0x10)), "sync.Mutex.Lock",
               "lock 0x10");
}

TEST(WaitReason, AFunctionFurtherUpTheStackDoesNotWait) {
  uint32_t word = 0;
  ThreadView view = WaitingIn("pthread_mutex_lock", &word);
  view.pcs = {1, 2, 3, view.pcs[1]};
  EXPECT_EQ(ReasonOf(view).state, "sync.Mutex.Lock");
  view.pcs.insert(view.pcs.begin(), 9);
  ExpectReason(view, "futex wait", "");
}

// The kernel wakes a joiner at an address that holds the number of the thread that is to end.
TEST(WaitReason, AJoinNamesTheThread) {
  const auto self = static_cast<uint32_t>(sys::ThreadId());
  ExpectReason(Waiting(SYS_futex, 0x1000, FUTEX_WAIT, self), "join", fmt::format("of {}", self),
               static_cast<int32_t>(self));
  ExpectReason(Waiting(SYS_futex, 0x1000, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, self), "join",
               fmt::format("of {}", self), static_cast<int32_t>(self));
  ExpectReason(Waiting(SYS_futex, 0x1000, FUTEX_WAIT_PRIVATE, self), "futex wait", "");
  ExpectReason(Waiting(SYS_futex, 0x1000, FUTEX_WAKE, self), "futex wait", "");
  ExpectReason(Waiting(SYS_futex, 0x1000, FUTEX_WAIT, 0), "futex wait", "");
}

// A reader waits for the writer, which waits to join the reader.
TEST(WaitReason, AReaderAndAWriterMakeACycle) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  const auto* words = reinterpret_cast<const uint32_t*>(&lock);
  pthread_rwlock_wrlock(&lock);
  const int32_t writer = sys::ThreadId();
  ThreadView reads = WaitingIn("pthread_rwlock_rdlock", words + 2);
  ThreadView writes = Waiting(SYS_read);
  reads.tid = writer + 1;
  writes.tid = writer;
  const std::vector<WaitReason> reasons = {{"join", "", reads.tid}, ReasonOf(reads)};
  EXPECT_EQ(FindCycles({writes, reads}, reasons),
            (std::vector<std::vector<int32_t>>{{writer, reads.tid}}));
  pthread_rwlock_unlock(&lock);
}

}  // namespace
}  // namespace pprof::profiles
