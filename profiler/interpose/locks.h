// What the files that stand before lock functions share.
#pragma once

#include <cerrno>

#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_wait.h"

#define PPROF_SLOW __attribute__((noinline, cold))

// In a hook: who called it.
#define PPROF_CALLER(hook) \
  pprof::signal_safe::Caller { __builtin_return_address(0), reinterpret_cast<const void*>(&(hook)) }

namespace pprof::interpose {

// Whether a lock function that gave this error has waited, and has not just been refused.
inline bool HasWaited(int error) {
  return error == 0 || error == ETIMEDOUT || error == EOWNERDEAD || error == ENOTRECOVERABLE;
}

// `lock` is held by somebody: waits in `next`, and tells. Never a cancellation point.
template <class Function>
PPROF_SLOW int WaitForLock(const void* lock, const signal_safe::Caller& caller, Function next) {
  signal_safe::LockWait wait(lock);
  const int error = next();
  if (HasWaited(error)) {
    wait.Ended(caller);
  } else {
    wait.GaveUp();
  }
  return error;
}

// An unlock that somebody waits for. The recording happens after it, outside the lock.
template <class Function>
PPROF_SLOW int UnlockAndCharge(const void* lock, const signal_safe::Caller& caller, Function next) {
  signal_safe::UnlockCharge charge(lock);
  const int error = next();
  if (error == 0) {
    charge.Unlocked(caller);
  } else {
    charge.Refused();
  }
  return error;
}

// Called once at load, see locks.cpp. Each looks up the functions of its file.
void ResolveMutexFunctions();
void ResolveRwlockFunctions();
void ResolveConditionFunctions();
void ResolveSemaphoreFunctions();
void ResolveJoinFunctions();
void ResolveSyscallFunction();

}  // namespace pprof::interpose
