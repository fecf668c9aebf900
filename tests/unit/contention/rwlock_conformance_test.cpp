// Read-write locks of every preference, through the hooks and directly.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/unit/contention/pthread_api.h"

namespace pprof::testing {
namespace {

class Rwlock {
 public:
  explicit Rwlock(int preference) {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, preference);
    pthread_rwlock_init(&lock_, &attributes);
    pthread_rwlockattr_destroy(&attributes);
  }
  pthread_rwlock_t* get() { return &lock_; }

 private:
  pthread_rwlock_t lock_;
};

class RwlockConformance : public ::testing::TestWithParam<int> {};

TEST_P(RwlockConformance, ReadersShare) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Rwlock lock(GetParam());
    log.Call("rdlock", [&] { return api.rwlock_rdlock(lock.get()); });
    log.Call("rdlock", [&] { return api.rwlock_rdlock(lock.get()); });
    InThread([&] {
      log.Call("rdlock, other", [&] { return api.rwlock_rdlock(lock.get()); });
      log.Call("unlock, other", [&] { return api.rwlock_unlock(lock.get()); });
      log.Call("timedwrlock", [&] { return api.rwlock_timedwrlock(lock.get(), &kLongAgo); });
      const timespec soon = FromNow(3);
      log.Call("timedwrlock", [&] { return api.rwlock_timedwrlock(lock.get(), &soon); });
      log.Call("timedrdlock", [&] { return api.rwlock_timedrdlock(lock.get(), &soon); });
      log.Call("unlock, other", [&] { return api.rwlock_unlock(lock.get()); });
    });
    log.Call("unlock", [&] { return api.rwlock_unlock(lock.get()); });
    log.Call("unlock", [&] { return api.rwlock_unlock(lock.get()); });
    log.Call("wrlock", [&] { return api.rwlock_wrlock(lock.get()); });
    log.Call("unlock", [&] { return api.rwlock_unlock(lock.get()); });
  });
}

TEST_P(RwlockConformance, WriterLocksAgain) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Rwlock lock(GetParam());
    const timespec soon = FromNow(3);
    log.Call("wrlock", [&] { return api.rwlock_wrlock(lock.get()); });
    log.Call("wrlock", [&] { return api.rwlock_wrlock(lock.get()); });
    log.Call("rdlock", [&] { return api.rwlock_rdlock(lock.get()); });
    log.Call("timedwrlock", [&] { return api.rwlock_timedwrlock(lock.get(), &soon); });
    log.Call("timedrdlock", [&] { return api.rwlock_timedrdlock(lock.get(), &soon); });
    InThread([&] {
      log.Call("timedwrlock", [&] { return api.rwlock_timedwrlock(lock.get(), &soon); });
      log.Call("clockrdlock",
               [&] { return api.rwlock_clockrdlock(lock.get(), CLOCK_MONOTONIC, &kLongAgo); });
    });
    log.Call("unlock", [&] { return api.rwlock_unlock(lock.get()); });
  });
}

TEST_P(RwlockConformance, BadTimesOfFreeAndHeldLocks) {
  for (const bool held : {false, true}) {
    ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
      Rwlock lock(GetParam());
      if (held) log.Call("wrlock", [&] { return api.rwlock_wrlock(lock.get()); });
      const auto with = [&](const char* what, clockid_t clock, const timespec* time) {
        log.Call(what, [&] { return api.rwlock_clockrdlock(lock.get(), clock, time); });
        log.Call("unlock", [&] { return held ? 0 : api.rwlock_unlock(lock.get()); });
      };
      InThread([&] {
        log.Call("no time, rd", [&] { return api.rwlock_timedrdlock(lock.get(), &kNoTime); });
        log.Call("no time, wr", [&] { return api.rwlock_timedwrlock(lock.get(), &kNoTime); });
        log.Call("no clock, rd", [&] { return api.rwlock_clockrdlock(lock.get(), 77, &kLongAgo); });
        log.Call("no clock, wr", [&] { return api.rwlock_clockwrlock(lock.get(), 77, &kLongAgo); });
        log.Call("no time, clock",
                 [&] { return api.rwlock_clockwrlock(lock.get(), CLOCK_MONOTONIC, &kNoTime); });
        with("long ago", CLOCK_MONOTONIC, &kLongAgo);
      });
    });
  }
}

TEST_P(RwlockConformance, WritersAndReadersWaitForTheWriter) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Rwlock lock(GetParam());
    std::atomic<int> tids[2] = {{0}, {0}};
    log.Call("wrlock", [&] { return api.rwlock_wrlock(lock.get()); });
    std::thread reader([&] {
      tids[0] = gettid();
      EXPECT_EQ(api.rwlock_rdlock(lock.get()), 0);
      EXPECT_EQ(api.rwlock_unlock(lock.get()), 0);
    });
    std::thread writer([&] {
      tids[1] = gettid();
      EXPECT_EQ(api.rwlock_wrlock(lock.get()), 0);
      EXPECT_EQ(api.rwlock_unlock(lock.get()), 0);
    });
    for (const std::atomic<int>& tid : tids) {
      while (tid == 0) std::this_thread::yield();
      EXPECT_TRUE(WaitUntilAsleep(tid));
    }
    log.Call("unlock", [&] { return api.rwlock_unlock(lock.get()); });
    reader.join();
    writer.join();
    log.Call("wrlock", [&] { return api.rwlock_wrlock(lock.get()); });
    log.Call("unlock", [&] { return api.rwlock_unlock(lock.get()); });
  });
}

INSTANTIATE_TEST_SUITE_P(All, RwlockConformance,
                         ::testing::Values(PTHREAD_RWLOCK_PREFER_READER_NP,
                                           PTHREAD_RWLOCK_PREFER_WRITER_NP,
                                           PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP));

}  // namespace
}  // namespace pprof::testing
