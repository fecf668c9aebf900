// Functions of the C library that a signal would break off even with SA_RESTART. A wait that lasts
// until the server is to start is made in two parts, with the start between them: the program
// notices nothing. Later, and without PPROF_CPP_LISTEN, each costs one load.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "profiler/interpose/next.h"
#include "profiler/preload/late_start.h"

namespace pprof::preload {
namespace {

using interpose::Next;

constexpr char kPoll[] = "poll";
constexpr char kPollChk[] = "__poll_chk";
constexpr char kPpoll[] = "ppoll";
constexpr char kSelect[] = "select";
constexpr char kPselect[] = "pselect";
constexpr char kEpollWait[] = "epoll_wait";
constexpr char kEpollPwait[] = "epoll_pwait";
constexpr char kNanosleep[] = "nanosleep";
constexpr char kClockNanosleep[] = "clock_nanosleep";
constexpr char kSleep[] = "sleep";
constexpr char kUsleep[] = "usleep";
constexpr char kPause[] = "pause";
constexpr char kSigsuspend[] = "sigsuspend";

using Sets = fd_set*;
using Mask = const sigset_t*;
using NextPoll = Next<int(pollfd*, nfds_t, int), kPoll>;
using NextPollChk = Next<int(pollfd*, nfds_t, int, size_t), kPollChk>;
using NextPpoll = Next<int(pollfd*, nfds_t, const timespec*, Mask), kPpoll>;
using NextSelect = Next<int(int, Sets, Sets, Sets, timeval*), kSelect>;
using NextPselect = Next<int(int, Sets, Sets, Sets, const timespec*, Mask), kPselect>;
using NextEpollWait = Next<int(int, epoll_event*, int, int), kEpollWait>;
using NextEpollPwait = Next<int(int, epoll_event*, int, int, Mask), kEpollPwait>;
using NextNanosleep = Next<int(const timespec*, timespec*), kNanosleep>;
using NextClockNanosleep = Next<int(clockid_t, int, const timespec*, timespec*), kClockNanosleep>;
using NextSleep = Next<unsigned(unsigned), kSleep>;
using NextUsleep = Next<int(useconds_t), kUsleep>;
using NextPause = Next<int(), kPause>;
using NextSigsuspend = Next<int(Mask), kSigsuspend>;

constexpr int64_t kSecond = 1000000000;
constexpr int64_t kMillisecond = kSecond / 1000;
constexpr int64_t kMicrosecond = kSecond / 1000000;
constexpr int64_t kForever = -1;

// A time as the C library takes it; nullptr for kForever.
class Time {
 public:
  explicit Time(int64_t nanos) : nanos_(nanos), time_{nanos / kSecond, nanos % kSecond} {}
  const timespec* get() const { return nanos_ == kForever ? nullptr : &time_; }

 private:
  const int64_t nanos_;
  const timespec time_;
};

// At most a century: a sum with a clock's time fits.
int64_t NanosOf(const timespec* time) {
  constexpr int64_t kLongest = int64_t{100} * 366 * 24 * 3600;
  if (time == nullptr) return kForever;
  return std::min<int64_t>(time->tv_sec, kLongest) * kSecond + time->tv_nsec;
}

int64_t NanosOf(int millis) { return millis < 0 ? kForever : millis * kMillisecond; }

bool IsValid(const timespec* time) {
  return time == nullptr || (time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < kSecond);
}

int64_t Now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return NanosOf(&now);
}

// wait(nanos) is the call with another time, or kForever; 0: that time is over. REQUIRES:
// StartIsAwaited().
template <class Wait>
int InTwoParts(int64_t nanos, Wait wait) {
  const int64_t first = NanosUntilStart();
  const bool ends_before = nanos != kForever && nanos <= first;
  const int64_t end = Now(CLOCK_MONOTONIC) + nanos;
  if (first > 0) {
    const int found = wait(ends_before ? nanos : first);
    // Broken off, and the start is no longer awaited: by our own signal.
    const bool by_us = found < 0 && errno == EINTR && !StartIsAwaited();
    if (!by_us && (found != 0 || ends_before)) return found;
  }
  StartIfDue();
  if (nanos == kForever) return wait(kForever);
  return wait(std::max<int64_t>(0, end - Now(CLOCK_MONOTONIC)));
}

int Poll(pollfd* polled, nfds_t count, int64_t nanos, Mask mask) {
  return InTwoParts(
      nanos, [=](int64_t part) { return NextPpoll::Call(polled, count, Time(part).get(), mask); });
}

int EpollWait(int epoll, epoll_event* events, int most, int timeout, Mask mask) {
  return InTwoParts(NanosOf(timeout), [=](int64_t part) {
    const int64_t millis = part == kForever ? -1 : (part + kMillisecond - 1) / kMillisecond;
    return NextEpollPwait::Call(epoll, events, most, static_cast<int>(millis), mask);
  });
}

// A wait overwrites the sets.
int Select(int count, Sets read, Sets write, Sets except, int64_t nanos, Mask mask) {
  const Sets places[] = {read, write, except};
  fd_set saved[3];
  for (int i = 0; i < 3; ++i) {
    if (places[i] != nullptr) saved[i] = *places[i];
  }
  return InTwoParts(nanos, [&](int64_t part) {
    for (int i = 0; i < 3; ++i) {
      if (places[i] != nullptr) *places[i] = saved[i];
    }
    return NextPselect::Call(count, read, write, except, Time(part).get(), mask);
  });
}

// 0 or the error; `left` is set after EINTR.
int SleepFor(int64_t nanos, timespec* left) {
  const int64_t end = Now(CLOCK_MONOTONIC) + nanos;
  const int slept = InTwoParts(nanos, [](int64_t part) {
    errno = NextClockNanosleep::Call(CLOCK_MONOTONIC, 0, Time(part).get(), nullptr);
    return errno == 0 ? 0 : -1;
  });
  if (slept == 0) return 0;
  const int error = errno;
  if (left != nullptr && error == EINTR) {
    *left = *Time(std::max<int64_t>(0, end - Now(CLOCK_MONOTONIC))).get();
  }
  return error;
}

// Until `end` on a clock that may be set meanwhile: the second part has the program's own time.
int SleepUntil(clockid_t clock, const timespec* end) {
  if (const int64_t left = NanosOf(end) - Now(clock); left > NanosUntilStart()) {
    const int error = SleepFor(NanosUntilStart(), nullptr);
    if (error != 0) return error;
    StartIfDue();
  }
  return NextClockNanosleep::Call(clock, TIMER_ABSTIME, end, nullptr);
}

}  // namespace

void ResolveWaits() {
  NextPoll::Resolve();
  NextPollChk::Resolve();
  NextPpoll::Resolve();
  NextSelect::Resolve();
  NextPselect::Resolve();
  NextEpollWait::Resolve();
  NextEpollPwait::Resolve();
  NextNanosleep::Resolve();
  NextClockNanosleep::Resolve();
  NextSleep::Resolve();
  NextUsleep::Resolve();
  NextPause::Resolve();
  NextSigsuspend::Resolve();
}

}  // namespace pprof::preload

using namespace pprof::preload;  // NOLINT(google-build-using-namespace): global functions follow

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,bugprone-reserved-identifier):
// the C library's names
extern "C" {

PPROF_EXPORT_WEAK int poll(pollfd* polled, nfds_t count, int timeout) {
  if (!StartIsAwaited()) return NextPoll::Call(polled, count, timeout);
  return Poll(polled, count, NanosOf(timeout), nullptr);
}

// What poll is with _FORTIFY_SOURCE.
PPROF_EXPORT_WEAK int __poll_chk(pollfd* polled, nfds_t count, int timeout, size_t bytes) {
  const bool fits = bytes / sizeof *polled >= count;
  if (!fits || !StartIsAwaited()) return NextPollChk::Call(polled, count, timeout, bytes);
  return Poll(polled, count, NanosOf(timeout), nullptr);
}

PPROF_EXPORT_WEAK int ppoll(pollfd* polled, nfds_t count, const timespec* timeout, Mask mask) {
  if (!StartIsAwaited() || !IsValid(timeout)) return NextPpoll::Call(polled, count, timeout, mask);
  return Poll(polled, count, NanosOf(timeout), mask);
}

// Linux leaves the rest of the time in `timeout`.
PPROF_EXPORT_WEAK int select(int count, Sets read, Sets write, Sets except, timeval* timeout) {
  const bool valid = timeout == nullptr || (timeout->tv_sec >= 0 && timeout->tv_usec >= 0);
  if (!StartIsAwaited() || !valid || count > FD_SETSIZE) {
    return NextSelect::Call(count, read, write, except, timeout);
  }
  if (timeout == nullptr) return Select(count, read, write, except, kForever, nullptr);
  const timespec time{timeout->tv_sec + timeout->tv_usec / 1000000,
                      timeout->tv_usec % 1000000 * kMicrosecond};
  const int64_t end = Now(CLOCK_MONOTONIC) + NanosOf(&time);
  const int found = Select(count, read, write, except, NanosOf(&time), nullptr);
  const int saved_errno = errno;
  const int64_t left = std::max<int64_t>(0, end - Now(CLOCK_MONOTONIC));
  *timeout = {left / kSecond, left % kSecond / kMicrosecond};
  errno = saved_errno;
  return found;
}

PPROF_EXPORT_WEAK int pselect(int count, Sets read, Sets write, Sets except,
                              const timespec* timeout, Mask mask) {
  if (!StartIsAwaited() || !IsValid(timeout) || count > FD_SETSIZE) {
    return NextPselect::Call(count, read, write, except, timeout, mask);
  }
  return Select(count, read, write, except, NanosOf(timeout), mask);
}

PPROF_EXPORT_WEAK int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  if (!StartIsAwaited()) return NextEpollWait::Call(epoll, events, most, timeout);
  return EpollWait(epoll, events, most, timeout, nullptr);
}

PPROF_EXPORT_WEAK int epoll_pwait(int epoll, epoll_event* events, int most, int timeout,
                                  Mask mask) {
  if (!StartIsAwaited()) return NextEpollPwait::Call(epoll, events, most, timeout, mask);
  return EpollWait(epoll, events, most, timeout, mask);
}

PPROF_EXPORT_WEAK int nanosleep(const timespec* time, timespec* left) {
  if (!StartIsAwaited() || !IsValid(time)) return NextNanosleep::Call(time, left);
  const int saved_errno = errno;
  const int error = SleepFor(NanosOf(time), left);
  errno = error != 0 ? error : saved_errno;
  return error != 0 ? -1 : 0;
}

PPROF_EXPORT_WEAK int clock_nanosleep(clockid_t clock, int flags, const timespec* time,
                                      timespec* left) {
  const bool of_system = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
  if (!StartIsAwaited() || !IsValid(time) || !of_system) {
    return NextClockNanosleep::Call(clock, flags, time, left);
  }
  const int saved_errno = errno;
  const int error =
      (flags & TIMER_ABSTIME) != 0 ? SleepUntil(clock, time) : SleepFor(NanosOf(time), left);
  errno = saved_errno;
  return error;
}

// Returns the seconds that are left.
PPROF_EXPORT_WEAK unsigned sleep(unsigned seconds) {
  if (!StartIsAwaited()) return NextSleep::Call(seconds);
  timespec left{};
  const int error = SleepFor(seconds * kSecond, &left);
  return error == 0 ? 0 : static_cast<unsigned>(left.tv_sec + (left.tv_nsec >= kSecond / 2));
}

PPROF_EXPORT_WEAK int usleep(useconds_t micros) {
  if (!StartIsAwaited()) return NextUsleep::Call(micros);
  const timespec time = *Time(micros * kMicrosecond).get();
  return nanosleep(&time, nullptr);
}

PPROF_EXPORT_WEAK int pause() {
  return StartIsAwaited() ? Poll(nullptr, 0, kForever, nullptr) : NextPause::Call();
}

PPROF_EXPORT_WEAK int sigsuspend(Mask mask) {
  return StartIsAwaited() ? Poll(nullptr, 0, kForever, mask) : NextSigsuspend::Call(mask);
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name,bugprone-reserved-identifier)
