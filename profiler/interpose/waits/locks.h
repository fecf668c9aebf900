// Shared by the files that interpose lock functions.
#pragma once

#include <cerrno>

#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_wait.h"

#define PPROF_SLOW __attribute__((noinline, cold))

// In a hook: its caller.
#define PPROF_CALLER(hook) \
  pprof::signal_safe::Caller { __builtin_return_address(0), reinterpret_cast<const void*>(&(hook)) }

namespace pprof::interpose {

// Whether a lock function that returned this error has waited instead of failing at once.
inline bool HasWaited(int error) {
  return error == 0 || error == ETIMEDOUT || error == EOWNERDEAD || error == ENOTRECOVERABLE;
}

// `lock` is held by another thread: waits in `next` and records the wait. Not a cancellation point.
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

// An unlock of a lock with waiters. The charge is recorded after it, outside the lock.
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

// Called once at load by locks.cpp. Each resolves the functions of its file.
void ResolveMutexFunctions();
void ResolveRwlockFunctions();
void ResolveConditionFunctions();
void ResolveSemaphoreFunctions();
void ResolveJoinFunctions();
void ResolveSyscallFunction();

}  // namespace pprof::interpose
