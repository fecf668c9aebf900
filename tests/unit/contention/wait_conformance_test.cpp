// Conditions, semaphores and joins, through the hooks and directly, with cancellation.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/unit/contention/pthread_api.h"

namespace pprof::testing {
namespace {

// A thread that is cancelled while it waits, with its cleanup handlers.
class CancelledThread {
 public:
  // `wait` runs with `cleanup` pushed.
  CancelledThread(std::function<void()> wait, std::function<void()> cleanup)
      : wait_(std::move(wait)), cleanup_(std::move(cleanup)) {
    pthread_create(&thread_, nullptr, Run, this);
  }
  void CancelAndJoin(const PthreadApi& api, CallLog& log) {
    while (tid_ == 0) std::this_thread::yield();
    EXPECT_TRUE(WaitUntilAsleep(tid_));
    log.Call("cancel", [&] { return pthread_cancel(thread_); });
    void* value = nullptr;
    log.Call("join", [&] { return api.join(thread_, &value); });
    log.Note("cancelled", value == PTHREAD_CANCELED);
    log.Note("cleaned up", cleaned_up_);
  }

 private:
  static void* Run(void* opaque) {
    auto* self = static_cast<CancelledThread*>(opaque);
    pthread_cleanup_push(CleanUp, self);
    self->tid_ = gettid();
    self->wait_();
    pthread_cleanup_pop(0);
    return nullptr;
  }
  static void CleanUp(void* opaque) {
    auto* self = static_cast<CancelledThread*>(opaque);
    self->cleanup_();
    self->cleaned_up_ = true;
  }

  std::function<void()> wait_;
  std::function<void()> cleanup_;
  std::atomic<int> tid_{0};
  std::atomic<bool> cleaned_up_{false};
  pthread_t thread_{};
};

struct Errorcheck {
  Errorcheck() {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  pthread_mutex_t mutex;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
};

TEST(ConditionConformance, TimesAndOwnership) {
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    Errorcheck c;
    log.Call("wait, not locked", [&] { return api.cond_wait(&c.condition, &c.mutex); });
    log.Call("lock", [&] { return api.mutex_lock(&c.mutex); });
    const timespec soon = FromNow(3);
    const timespec later = FromNow(3, CLOCK_MONOTONIC);
    const auto clockwait = [&](clockid_t clock, const timespec* time) {
      return [&api, &c, clock, time] {
        return api.cond_clockwait(&c.condition, &c.mutex, clock, time);
      };
    };
    log.Call("timedwait", [&] { return api.cond_timedwait(&c.condition, &c.mutex, &soon); });
    log.Call("long ago", [&] { return api.cond_timedwait(&c.condition, &c.mutex, &kLongAgo); });
    log.Call("no time", [&] { return api.cond_timedwait(&c.condition, &c.mutex, &kNoTime); });
    log.Call("clockwait", clockwait(CLOCK_MONOTONIC, &later));
    log.Call("no clock", clockwait(77, &later));
    log.Call("no time", clockwait(CLOCK_MONOTONIC, &kNoTime));
    log.Call("lock, owned", [&] { return api.mutex_lock(&c.mutex); });
    log.Call("unlock", [&] { return api.mutex_unlock(&c.mutex); });
    log.Call("unlock", [&] { return api.mutex_unlock(&c.mutex); });
  });
}

TEST(ConditionConformance, WakesUpOwningTheMutex) {
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    Errorcheck c;
    bool ready = false;
    CallLog waiter_log;
    std::thread waiter([&] {
      waiter_log.Call("lock", [&] { return api.mutex_lock(&c.mutex); });
      while (!ready) EXPECT_EQ(api.cond_wait(&c.condition, &c.mutex), 0);
      waiter_log.Call("lock, owned", [&] { return api.mutex_lock(&c.mutex); });
      waiter_log.Call("unlock", [&] { return api.mutex_unlock(&c.mutex); });
    });
    log.Call("lock", [&] { return api.mutex_lock(&c.mutex); });
    ready = true;
    pthread_cond_broadcast(&c.condition);
    log.Call("unlock", [&] { return api.mutex_unlock(&c.mutex); });
    waiter.join();
    for (const std::string& line : waiter_log.lines()) log.Note(line.c_str(), 0);
  });
}

TEST(ConditionConformance, CancelledWaitOwnsTheMutexInItsCleanup) {
  for (const int which : {0, 1, 2}) {
    ExpectSameAsPlain([which](const PthreadApi& api, CallLog& log) {
      Errorcheck c;
      const timespec never = FromNow(100000);
      CallLog thread_log;
      CancelledThread thread(
          [&] {
            api.mutex_lock(&c.mutex);
            if (which == 0) api.cond_wait(&c.condition, &c.mutex);
            if (which == 1) api.cond_timedwait(&c.condition, &c.mutex, &never);
            if (which == 2) api.cond_clockwait(&c.condition, &c.mutex, CLOCK_REALTIME, &never);
          },
          [&] {
            thread_log.Call("unlock in cleanup", [&] { return api.mutex_unlock(&c.mutex); });
          });
      thread.CancelAndJoin(api, log);
      for (const std::string& line : thread_log.lines()) log.Note(line.c_str(), 0);
      log.Call("lock", [&] { return api.mutex_lock(&c.mutex); });
      log.Call("unlock", [&] { return api.mutex_unlock(&c.mutex); });
      log.Call("destroy", [&] { return pthread_cond_destroy(&c.condition); });
    });
  }
}

void IgnoreSignal(int) {}

TEST(SemaphoreConformance, ValuesTimesAndSignals) {
  struct sigaction action {};
  action.sa_handler = IgnoreSignal;  // no SA_RESTART: the wait is interrupted
  sigaction(SIGUSR1, &action, nullptr);
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    sem_t semaphore;
    sem_init(&semaphore, 0, 1);
    const timespec soon = FromNow(3);
    log.Call("wait", [&] { return api.sem_wait(&semaphore); });
    log.Call("timedwait", [&] { return api.sem_timedwait(&semaphore, &soon); });
    log.Call("long ago", [&] { return api.sem_timedwait(&semaphore, &kLongAgo); });
    log.Call("no time", [&] { return api.sem_timedwait(&semaphore, &kNoTime); });
    log.Call("no clock", [&] { return api.sem_clockwait(&semaphore, 77, &soon); });
    log.Call("clockwait",
             [&] { return api.sem_clockwait(&semaphore, CLOCK_MONOTONIC, &kLongAgo); });
    sem_post(&semaphore);
    log.Call("no time, free", [&] { return api.sem_timedwait(&semaphore, &kNoTime); });
    sem_init(&semaphore, 0, 0);
    std::atomic<int> tid{0};
    CallLog waiter_log;
    std::thread waiter([&] {
      tid = gettid();
      waiter_log.Call("wait", [&] { return api.sem_wait(&semaphore); });
    });
    while (tid == 0) std::this_thread::yield();
    EXPECT_TRUE(WaitUntilAsleep(tid));
    pthread_kill(waiter.native_handle(), SIGUSR1);
    waiter.join();
    for (const std::string& line : waiter_log.lines()) log.Note(line.c_str(), 0);
  });
}

TEST(SemaphoreConformance, Cancellation) {
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    CancelledThread waiting([&] { api.sem_wait(&semaphore); }, [] {});
    waiting.CancelAndJoin(api, log);
    // A pending cancellation takes effect even if the call need not wait.
    sem_post(&semaphore);
    pthread_t thread;
    std::pair<const PthreadApi*, sem_t*> arguments{&api, &semaphore};
    pthread_create(
        &thread, nullptr,
        [](void* opaque) -> void* {
          const auto& [the_api, sem] = *static_cast<decltype(arguments)*>(opaque);
          pthread_cancel(pthread_self());
          the_api->sem_wait(sem);
          return nullptr;
        },
        &arguments);
    void* value = nullptr;
    log.Call("join", [&] { return api.join(thread, &value); });
    log.Note("cancelled", value == PTHREAD_CANCELED);
    int left = 0;
    sem_getvalue(&semaphore, &left);
    log.Note("left", left);
  });
}

void* WaitFor(void* semaphore) {
  sem_wait(static_cast<sem_t*>(semaphore));
  return semaphore;
}

TEST(JoinConformance, ValuesTimesAndErrors) {
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    sem_t& semaphore = *new sem_t;  // a detached thread may outlive this scope
    sem_init(&semaphore, 0, 0);
    pthread_t thread;
    pthread_create(&thread, nullptr, WaitFor, &semaphore);
    void* value = nullptr;
    const timespec soon = FromNow(3);
    log.Call("self", [&] { return api.join(pthread_self(), &value); });
    log.Call("timedjoin", [&] { return api.timedjoin(thread, &value, &soon); });
    // Not with kNoTime: glibc 2.36 spins forever on the kernel's EINVAL.
    log.Call("no clock", [&] { return api.clockjoin(thread, &value, 77, &soon); });
    log.Call("clockjoin",
             [&] { return api.clockjoin(thread, &value, CLOCK_MONOTONIC, &kLongAgo); });
    // A cancelled joiner leaves the thread joinable.
    CancelledThread joiner([&] { api.join(thread, nullptr); }, [] {});
    joiner.CancelAndJoin(api, log);
    sem_post(&semaphore);
    log.Call("join", [&] { return api.join(thread, &value); });
    log.Note("value", value == &semaphore);
    pthread_create(&thread, nullptr, WaitFor, &semaphore);
    pthread_detach(thread);
    log.Call("detached", [&] { return api.join(thread, &value); });
    sem_post(&semaphore);
  });
}

}  // namespace
}  // namespace pprof::testing
