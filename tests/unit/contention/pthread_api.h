// The same calls through our hooks and past them: glibc itself is the judge of what is right.
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace pprof::testing {

struct PthreadApi {
  int (*mutex_lock)(pthread_mutex_t*);
  int (*mutex_timedlock)(pthread_mutex_t*, const timespec*);
  int (*mutex_clocklock)(pthread_mutex_t*, clockid_t, const timespec*);
  int (*mutex_unlock)(pthread_mutex_t*);
  int (*rwlock_rdlock)(pthread_rwlock_t*);
  int (*rwlock_wrlock)(pthread_rwlock_t*);
  int (*rwlock_timedrdlock)(pthread_rwlock_t*, const timespec*);
  int (*rwlock_timedwrlock)(pthread_rwlock_t*, const timespec*);
  int (*rwlock_clockrdlock)(pthread_rwlock_t*, clockid_t, const timespec*);
  int (*rwlock_clockwrlock)(pthread_rwlock_t*, clockid_t, const timespec*);
  int (*rwlock_unlock)(pthread_rwlock_t*);
  int (*cond_wait)(pthread_cond_t*, pthread_mutex_t*);
  int (*cond_timedwait)(pthread_cond_t*, pthread_mutex_t*, const timespec*);
  int (*cond_clockwait)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
  int (*sem_wait)(sem_t*);
  int (*sem_timedwait)(sem_t*, const timespec*);
  int (*sem_clockwait)(sem_t*, clockid_t, const timespec*);
  int (*join)(pthread_t, void**);
  int (*timedjoin)(pthread_t, void**, const timespec*);
  int (*clockjoin)(pthread_t, void**, clockid_t, const timespec*);
  long (*syscall)(long, ...);
};

// What a program that calls the names gets: ours.
const PthreadApi& HookedApi();
// libc's own.
const PthreadApi& PlainApi();

// What the calls of a scenario answered, in words, with errno when a call changed it.
class CallLog {
 public:
  // Calls with errno set to a mark.
  void Call(const char* name, const std::function<long()>& call);
  void Note(const char* what, long value);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

using Scenario = std::function<void(const PthreadApi&, CallLog&)>;

// Runs the scenario past the hooks, and through them with the profiles off and on: all must answer
// the same.
void ExpectSameAsPlain(const Scenario& scenario);

// Runs `body` in a thread, to its end.
void InThread(const std::function<void()>& body);

// A time of that clock, so many milliseconds from now.
timespec FromNow(int millis, clockid_t clock = CLOCK_REALTIME);
constexpr timespec kLongAgo{1, 0};
constexpr timespec kNoTime{1, 1000000000};  // tv_nsec out of range

// Returns when thread `tid` of this process sleeps in the kernel; polls. False: it ended, or not
// within a minute.
bool WaitUntilAsleep(int tid);

}  // namespace pprof::testing
