#include "tests/unit/contention/pthread_api.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "tests/unit/contention/contention_totals.h"

namespace pprof::testing {
namespace {

constexpr int kMark = 4711;

template <class Function>
void Find(Function*& function, const char* name) {
  function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  if (function == nullptr) std::abort();
}

PthreadApi FindPlain() {
  PthreadApi api{};
  Find(api.mutex_lock, "pthread_mutex_lock");
  Find(api.mutex_timedlock, "pthread_mutex_timedlock");
  Find(api.mutex_clocklock, "pthread_mutex_clocklock");
  Find(api.mutex_unlock, "pthread_mutex_unlock");
  Find(api.rwlock_rdlock, "pthread_rwlock_rdlock");
  Find(api.rwlock_wrlock, "pthread_rwlock_wrlock");
  Find(api.rwlock_timedrdlock, "pthread_rwlock_timedrdlock");
  Find(api.rwlock_timedwrlock, "pthread_rwlock_timedwrlock");
  Find(api.rwlock_clockrdlock, "pthread_rwlock_clockrdlock");
  Find(api.rwlock_clockwrlock, "pthread_rwlock_clockwrlock");
  Find(api.rwlock_unlock, "pthread_rwlock_unlock");
  Find(api.cond_wait, "pthread_cond_wait");
  Find(api.cond_timedwait, "pthread_cond_timedwait");
  Find(api.cond_clockwait, "pthread_cond_clockwait");
  Find(api.sem_wait, "sem_wait");
  Find(api.sem_timedwait, "sem_timedwait");
  Find(api.sem_clockwait, "sem_clockwait");
  Find(api.join, "pthread_join");
  Find(api.timedjoin, "pthread_timedjoin_np");
  Find(api.clockjoin, "pthread_clockjoin_np");
  Find(api.syscall, "syscall");
  return api;
}

std::vector<std::string> Run(const Scenario& scenario, const PthreadApi& api) {
  CallLog log;
  scenario(api, log);
  return log.lines();
}

}  // namespace

const PthreadApi& HookedApi() {
  static const PthreadApi api{pthread_mutex_lock,
                              pthread_mutex_timedlock,
                              pthread_mutex_clocklock,
                              pthread_mutex_unlock,
                              pthread_rwlock_rdlock,
                              pthread_rwlock_wrlock,
                              pthread_rwlock_timedrdlock,
                              pthread_rwlock_timedwrlock,
                              pthread_rwlock_clockrdlock,
                              pthread_rwlock_clockwrlock,
                              pthread_rwlock_unlock,
                              pthread_cond_wait,
                              pthread_cond_timedwait,
                              pthread_cond_clockwait,
                              sem_wait,
                              sem_timedwait,
                              sem_clockwait,
                              pthread_join,
                              pthread_timedjoin_np,
                              pthread_clockjoin_np,
                              ::syscall};
  return api;
}

const PthreadApi& PlainApi() {
  static const PthreadApi api = FindPlain();
  return api;
}

void CallLog::Call(const char* name, const std::function<long()>& call) {
  errno = kMark;
  const long result = call();
  const int after = errno;
  std::string line = std::string(name) + " = " + std::to_string(result);
  if (after != kMark) line += " errno " + std::to_string(after);
  lines_.push_back(line);
}

void CallLog::Note(const char* what, long value) {
  lines_.push_back(std::string(what) + ": " + std::to_string(value));
}

void ExpectSameAsPlain(const Scenario& scenario) {
  ASSERT_NE(HookedApi().mutex_lock, PlainApi().mutex_lock);
  Run(scenario, PlainApi());  // the first query of a thread's priority differs in glibc
  const std::vector<std::string> plain = Run(scenario, PlainApi());
  EXPECT_FALSE(plain.empty());
  EXPECT_EQ(plain, Run(scenario, HookedApi())) << "with the profiles off";
  ContentionWindow on(std::chrono::nanoseconds(1), 1);
  EXPECT_EQ(plain, Run(scenario, HookedApi())) << "with the profiles on";
}

void InThread(const std::function<void()>& body) { std::thread(body).join(); }

timespec FromNow(int millis, clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  time.tv_nsec += static_cast<long>(millis % 1000) * 1000000;
  time.tv_sec += millis / 1000 + time.tv_nsec / 1000000000;
  time.tv_nsec %= 1000000000;
  return time;
}

bool WaitUntilAsleep(int tid) {
  const std::string path = "/proc/self/task/" + std::to_string(tid) + "/stat";
  const timespec end = FromNow(60000, CLOCK_MONOTONIC);
  for (timespec now{}; now.tv_sec <= end.tv_sec; clock_gettime(CLOCK_MONOTONIC, &now)) {
    char text[512];
    const int file = open(path.c_str(), O_RDONLY);
    const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text);
    if (file >= 0) close(file);
    if (size <= 0) return false;  // the thread has ended
    const std::string_view stat(text, static_cast<size_t>(size));
    if (stat.substr(stat.rfind(')'), 3) == ") S") return true;
    sched_yield();
  }
  return false;
}

}  // namespace pprof::testing
