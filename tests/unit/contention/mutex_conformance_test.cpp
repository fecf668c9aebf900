// Every type of mutex, through the hooks and directly.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/unit/contention/pthread_api.h"

namespace pprof::testing {
namespace {

struct MutexKind {
  const char* name;
  int type;
  int robust;
  int protocol;
};

constexpr int kTypes[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
                          PTHREAD_MUTEX_ADAPTIVE_NP};
constexpr const char* kTypeNames[] = {"Normal", "Recursive", "Errorcheck", "Adaptive"};

std::vector<MutexKind> AllKinds() {
  std::vector<MutexKind> kinds;
  for (size_t i = 0; i < std::size(kTypes); ++i) {
    kinds.push_back({kTypeNames[i], kTypes[i], PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE});
    kinds.push_back({kTypeNames[i], kTypes[i], PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE});
    kinds.push_back({kTypeNames[i], kTypes[i], PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT});
    kinds.push_back({kTypeNames[i], kTypes[i], PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_INHERIT});
    kinds.push_back({kTypeNames[i], kTypes[i], PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_PROTECT});
  }
  return kinds;
}

class Mutex {
 public:
  explicit Mutex(const MutexKind& kind) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind.type);
    pthread_mutexattr_setrobust(&attributes, kind.robust);
    pthread_mutexattr_setprotocol(&attributes, kind.protocol);
    pthread_mutex_init(mutex_, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  pthread_mutex_t* get() { return mutex_; }

 private:
  // Never freed: a robust mutex that is left locked stays in its owner's list.
  pthread_mutex_t* mutex_ = new pthread_mutex_t;
};

class MutexConformance : public ::testing::TestWithParam<MutexKind> {
 protected:
  bool robust() const { return GetParam().robust == PTHREAD_MUTEX_ROBUST; }
  // Whether unlocking a mutex that the thread does not hold is defined.
  bool knows_its_owner() const {
    return robust() || GetParam().type == PTHREAD_MUTEX_RECURSIVE ||
           GetParam().type == PTHREAD_MUTEX_ERRORCHECK;
  }
};

TEST_P(MutexConformance, OwnerLocksAgain) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Mutex mutex(GetParam());
    log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
    log.Call("trylock", [&] { return pthread_mutex_trylock(mutex.get()); });
    // A plain lock() of a normal mutex would wait forever.
    const timespec soon = FromNow(3);
    log.Call("timedlock", [&] { return api.mutex_timedlock(mutex.get(), &soon); });
    log.Call("timedlock, long ago", [&] { return api.mutex_timedlock(mutex.get(), &kLongAgo); });
    log.Call("clocklock, long ago",
             [&] { return api.mutex_clocklock(mutex.get(), CLOCK_MONOTONIC, &kLongAgo); });
    if (knows_its_owner() && GetParam().type != PTHREAD_MUTEX_NORMAL &&
        GetParam().type != PTHREAD_MUTEX_ADAPTIVE_NP) {
      log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
    }
    const int unlocks = knows_its_owner() ? 7 : 1;
    for (int i = 0; i < unlocks; ++i) {
      log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
    }
  });
}

TEST_P(MutexConformance, OthersMayNotUnlock) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Mutex mutex(GetParam());
    if (knows_its_owner()) {
      log.Call("unlock, not locked", [&] { return api.mutex_unlock(mutex.get()); });
      log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
      InThread([&] {
        log.Call("unlock, not the owner", [&] { return api.mutex_unlock(mutex.get()); });
      });
      log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
    }
    log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
    log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
  });
}

TEST_P(MutexConformance, TimesOutWhileAnotherHolds) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Mutex mutex(GetParam());
    log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
    InThread([&] {
      const timespec soon = FromNow(5);
      log.Call("timedlock", [&] { return api.mutex_timedlock(mutex.get(), &soon); });
      timespec now{};
      clock_gettime(CLOCK_REALTIME, &now);
      log.Note("waited long enough", now.tv_sec > soon.tv_sec || (now.tv_sec == soon.tv_sec &&
                                                                  now.tv_nsec >= soon.tv_nsec));
      const timespec later = FromNow(5, CLOCK_MONOTONIC);
      log.Call("clocklock",
               [&] { return api.mutex_clocklock(mutex.get(), CLOCK_MONOTONIC, &later); });
      log.Call("long ago", [&] { return api.mutex_timedlock(mutex.get(), &kLongAgo); });
      log.Call("no time", [&] { return api.mutex_timedlock(mutex.get(), &kNoTime); });
      log.Call("no clock", [&] { return api.mutex_clocklock(mutex.get(), 77, &kLongAgo); });
    });
    log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
  });
}

TEST_P(MutexConformance, FreeMutexAndBadTimes) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    const auto unlock_if = [&](Mutex& mutex) {
      log.Call("trylock", [&] { return pthread_mutex_trylock(mutex.get()); });
    };
    Mutex a(GetParam()), b(GetParam()), c(GetParam()), d(GetParam());
    log.Call("long ago", [&] { return api.mutex_timedlock(a.get(), &kLongAgo); });
    unlock_if(a);
    log.Call("no time", [&] { return api.mutex_timedlock(b.get(), &kNoTime); });
    unlock_if(b);
    log.Call("no clock", [&] { return api.mutex_clocklock(c.get(), 77, &kLongAgo); });
    unlock_if(c);
    log.Call("cpu clock",
             [&] { return api.mutex_clocklock(d.get(), CLOCK_PROCESS_CPUTIME_ID, &kLongAgo); });
    unlock_if(d);
  });
}

TEST_P(MutexConformance, WaiterGetsItAfterTheUnlock) {
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Mutex mutex(GetParam());
    std::atomic<int> waiter_tid{0};
    int guarded = 0;
    log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
    CallLog waiter_log;
    std::thread waiter([&] {
      waiter_tid = gettid();
      waiter_log.Call("lock, waiting", [&] { return api.mutex_lock(mutex.get()); });
      waiter_log.Note("guarded", guarded);
      waiter_log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
    });
    while (waiter_tid == 0) std::this_thread::yield();
    const bool asleep = WaitUntilAsleep(waiter_tid);
    guarded = 1;
    log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
    waiter.join();
    log.Note("asleep", asleep);
    for (const std::string& line : waiter_log.lines()) log.Note(line.c_str(), 0);
  });
}

TEST_P(MutexConformance, OwnerDies) {
  if (!robust()) return;
  for (const bool repaired : {true, false}) {
    ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
      Mutex mutex(GetParam());
      InThread([&] { log.Call("lock", [&] { return api.mutex_lock(mutex.get()); }); });
      log.Call("lock, owner dead", [&] { return api.mutex_lock(mutex.get()); });
      if (repaired) log.Call("consistent", [&] { return pthread_mutex_consistent(mutex.get()); });
      log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
      log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
      log.Call("timedlock", [&] { return api.mutex_timedlock(mutex.get(), &kLongAgo); });
      log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
      InThread([&] {  // glibc 2.36: trylock would make it wait forever
        const timespec soon = FromNow(20);
        log.Call("timedlock, other", [&] { return api.mutex_timedlock(mutex.get(), &soon); });
      });
    });
  }
}

TEST_P(MutexConformance, OwnerDiesWhileOthersWait) {
  if (!robust()) return;
  ExpectSameAsPlain([&](const PthreadApi& api, CallLog& log) {
    Mutex mutex(GetParam());
    std::atomic<int> waiter_tid{0};
    std::thread waiter;
    CallLog waiter_log;
    InThread([&] {
      log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
      waiter = std::thread([&] {
        waiter_tid = gettid();
        waiter_log.Call("lock, waiting", [&] { return api.mutex_lock(mutex.get()); });
        waiter_log.Call("consistent", [&] { return pthread_mutex_consistent(mutex.get()); });
        waiter_log.Call("unlock", [&] { return api.mutex_unlock(mutex.get()); });
      });
      while (waiter_tid == 0) std::this_thread::yield();
      WaitUntilAsleep(waiter_tid);
    });
    waiter.join();
    for (const std::string& line : waiter_log.lines()) log.Note(line.c_str(), 0);
    log.Call("lock", [&] { return api.mutex_lock(mutex.get()); });
  });
}

INSTANTIATE_TEST_SUITE_P(All, MutexConformance, ::testing::ValuesIn(AllKinds()),
                         [](const ::testing::TestParamInfo<MutexKind>& kind) {
                           const char* robust =
                               kind.param.robust == PTHREAD_MUTEX_ROBUST ? "Robust" : "";
                           const char* protocol =
                               kind.param.protocol == PTHREAD_PRIO_INHERIT   ? "Inherit"
                               : kind.param.protocol == PTHREAD_PRIO_PROTECT ? "Protect"
                                                                             : "";
                           return std::string(kind.param.name) + robust + protocol;
                         });

}  // namespace
}  // namespace pprof::testing
