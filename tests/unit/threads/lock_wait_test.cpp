// Locks that threads wait for, of each kind that glibc has, and waits that are for no lock.
#include "profiler/sys/thread/lock_wait.h"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <functional>
#include <mutex>
#include <thread>

#include "tests/unit/threads/parked_thread.h"

namespace pprof::sys {
namespace {

using testing::OwnTid;
using testing::ParkedThread;

timespec InAnHour() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += 3600;
  return time;
}

HeldLock LockWaitedForBy(const ParkedThread& thread) {
  TaskSyscall call;
  EXPECT_EQ(ReadTaskSyscall(thread.tid(), &call), TaskRead::kOk);
  return LockOf(call);
}

// `body` waits until `release`, for `lock` that `owner` holds.
void ExpectLock(std::function<void()> body, std::function<void()> release, const void* lock,
                int32_t owner) {
  const ParkedThread thread(std::move(body), std::move(release));
  const HeldLock found = LockWaitedForBy(thread);
  EXPECT_EQ(found.address, reinterpret_cast<uint64_t>(lock));
  EXPECT_EQ(found.owner, owner);
}

void ExpectNone(std::function<void()> body, std::function<void()> release) {
  ExpectLock(std::move(body), std::move(release), nullptr, 0);
}

class MutexOfKind {
 public:
  explicit MutexOfKind(const std::function<void(pthread_mutexattr_t*)>& choose) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    choose(&attributes);
    pthread_mutex_init(&mutex_, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  ~MutexOfKind() { pthread_mutex_destroy(&mutex_); }
  MutexOfKind(const MutexOfKind&) = delete;
  MutexOfKind& operator=(const MutexOfKind&) = delete;

  void ExpectFound() {
    const auto unlock = [this] { pthread_mutex_unlock(&mutex_); };
    const timespec later = InAnHour();
    pthread_mutex_lock(&mutex_);
    ExpectLock([&] { pthread_mutex_lock(&mutex_), unlock(); }, unlock, &mutex_, OwnTid());
    pthread_mutex_lock(&mutex_);
    ExpectLock([&] { pthread_mutex_timedlock(&mutex_, &later), unlock(); }, unlock, &mutex_,
               OwnTid());
  }

 private:
  pthread_mutex_t mutex_{};
};

TEST(LockWait, MutexesOfEachKind) {
  MutexOfKind([](pthread_mutexattr_t*) {}).ExpectFound();
  for (const int type :
       {PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ADAPTIVE_NP}) {
    MutexOfKind([type](auto* choice) { pthread_mutexattr_settype(choice, type); }).ExpectFound();
  }
  MutexOfKind([](auto* choice) {
    pthread_mutexattr_setrobust(choice, PTHREAD_MUTEX_ROBUST);
  }).ExpectFound();
  MutexOfKind([](auto* choice) {
    pthread_mutexattr_setprotocol(choice, PTHREAD_PRIO_INHERIT);
  }).ExpectFound();
  MutexOfKind([](auto* choice) {
    pthread_mutexattr_setpshared(choice, PTHREAD_PROCESS_SHARED);
  }).ExpectFound();
}

// A thread that has ended unlocks nothing.
TEST(LockWait, AMutexWhoseOwnerHasEnded) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  int32_t owner = 0;
  std::thread([&] {
    owner = OwnTid();
    pthread_mutex_lock(&mutex);
  }).join();
  const auto unlock = [&] { pthread_mutex_unlock(&mutex); };
  ExpectLock([&] { pthread_mutex_lock(&mutex), unlock(); }, unlock, &mutex, owner);
}

class RwlockWait : public ::testing::Test {
 protected:
  void ExpectWaiters(int32_t owner) {
    const timespec later = InAnHour();
    for (const bool timed : {false, true}) {
      hold_();
      ExpectLock(
          [&] {
            timed ? pthread_rwlock_timedwrlock(&lock_, &later) : pthread_rwlock_wrlock(&lock_),
                unlock_();
          },
          unlock_, &lock_, owner);
      if (owner == 0) continue;  // readers share it
      hold_();
      ExpectLock(
          [&] {
            timed ? pthread_rwlock_timedrdlock(&lock_, &later) : pthread_rwlock_rdlock(&lock_),
                unlock_();
          },
          unlock_, &lock_, owner);
    }
  }

  pthread_rwlock_t lock_ = PTHREAD_RWLOCK_INITIALIZER;
  std::function<void()> hold_;
  std::function<void()> unlock_ = [this] { pthread_rwlock_unlock(&lock_); };
};

TEST_F(RwlockWait, BehindAWriter) {
  hold_ = [this] { pthread_rwlock_wrlock(&lock_); };
  ExpectWaiters(OwnTid());
}

TEST_F(RwlockWait, BehindReaders) {
  hold_ = [this] { pthread_rwlock_rdlock(&lock_); };
  ExpectWaiters(0);
}

TEST_F(RwlockWait, BehindAWriterThatWaitsItself) {
  std::atomic<bool> released{false};
  const auto release_once = [&] {
    if (!released.exchange(true)) unlock_();
  };
  const auto write = [this] { pthread_rwlock_wrlock(&lock_), unlock_(); };
  pthread_rwlock_rdlock(&lock_);
  const ParkedThread first(write, release_once);
  ExpectLock(write, release_once, &lock_, 0);
}

TEST(LockWait, TheLockOfAStream) {
  const auto unlock = [] { funlockfile(stderr); };
  flockfile(stderr);
  const ParkedThread thread([&] { flockfile(stderr), unlock(); }, unlock);
  const HeldLock found = LockWaitedForBy(thread);
  EXPECT_NE(found.address, 0u);
  EXPECT_EQ(found.owner, OwnTid());
}

TEST(LockWait, AConditionIsNone) {
  std::mutex mutex;
  std::condition_variable condition;
  bool go = false;
  const auto wait = [&](bool timed) {
    return [&, timed] {
      std::unique_lock<std::mutex> lock(mutex);
      const auto done = [&] { return go; };
      if (timed) {
        condition.wait_for(lock, std::chrono::hours(1), done);
      } else {
        condition.wait(lock, done);
      }
      go = false;
    };
  };
  const auto signal = [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    go = true;
    condition.notify_all();
  };
  for (int round = 0; round < 4; ++round) {  // of both of its groups
    ExpectNone(wait(false), signal);
    ExpectNone(wait(true), signal);
  }
}

TEST(LockWait, ASemaphoreABarrierAndAJoinAreNone) {
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  ExpectNone([&] { sem_wait(&semaphore); }, [&] { sem_post(&semaphore); });
  sem_destroy(&semaphore);

  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 2);
  const auto wait = [&] { pthread_barrier_wait(&barrier); };
  for (int round = 0; round < 4; ++round) ExpectNone(wait, wait);
  pthread_barrier_destroy(&barrier);

  std::atomic<bool> stop{false};
  std::thread runs([&] {
    while (!stop) usleep(100);
  });
  ExpectNone([&] { runs.join(); }, [&] { stop = true; });
}

// Words around it are 0, or such as those of a lock that nobody holds.
TEST(LockWait, AFutexOfTheProgramsOwnIsNone) {
  for (const uint32_t value : {0U, 1U, 2U, 3U, 7U, 0x80000002U}) {
    alignas(64) std::atomic<uint32_t> words[32] = {};
    std::atomic<uint32_t>& futex = words[8];
    futex = value;
    const auto wait = [&](int operation) {
      return [&futex, value, operation] {
        while (futex == value) {
          syscall(SYS_futex, &futex, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr,
                  FUTEX_BITSET_MATCH_ANY);
        }
      };
    };
    const auto wake = [&] {
      futex = value + 1;
      syscall(SYS_futex, &futex, FUTEX_WAKE_PRIVATE, 1);
    };
    ExpectNone(wait(FUTEX_WAIT), wake);
    futex = value;
    ExpectNone(wait(FUTEX_WAIT_BITSET), wake);
  }
}

}  // namespace
}  // namespace pprof::sys
