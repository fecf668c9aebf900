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

}  // namespace pprof::sys
