// Classifies system calls by what they wait for.
#pragma once

#include <cstdint>

namespace pprof::sys {

enum class WaitKind {
  kDescriptor,   // the first argument is a file descriptor
  kDescriptors,  // poll, select, epoll: several of them
  kSleep,
  kFutex,
  kChild,
  kSignal,
  kOther,
};

WaitKind WaitKindOf(int64_t syscall_number);

// FUTEX_WAIT and its variants, decoded from the futex call's second argument.
struct FutexWaitCall {
  bool waits = false;
  bool private_to_process = false;
};
FutexWaitCall DecodeFutex(uint64_t operation);

// Whether a futex call with these arguments is glibc's wait for a mutex that is taken, and not one
// for a condition, a read-write lock or a semaphore.
bool IsMutexWait(int64_t syscall_number, uint64_t operation, uint64_t expected);

// The thread that holds the pthread mutex whose futex is at `mutex`; 0: unknown. Source: glibc's
// struct_mutex.h for x86-64, part of its ABI: int lock (the futex), unsigned count, int owner.
// Async-signal-safe.
int32_t OwnerOfMutex(uint64_t mutex);

}  // namespace pprof::sys
