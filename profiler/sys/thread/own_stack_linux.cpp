#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "profiler/sys/thread/own_stack.h"

// ld.so's record of the start of the main thread's stack.
extern "C" void* __libc_stack_end;

namespace pprof::sys {
namespace {

constexpr uintptr_t kGuessedThreadStack = uintptr_t{64} << 20;
constexpr uintptr_t kUnlimitedMainStack = uintptr_t{1} << 30;

StackBounds MainStackBounds() {
  rlimit limit{};
  const bool known = getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < kUnlimitedMainStack;
  // Frames of ld.so's entry lie a little above __libc_stack_end; 256 bytes cover its return
  // address.
  const uintptr_t high = reinterpret_cast<uintptr_t>(__libc_stack_end) + 256;
  return {high - (known ? limit.rlim_cur : kUnlimitedMainStack), high};
}

}  // namespace

StackBounds CreatedThreadStackBounds() {
  const auto control_block = static_cast<uintptr_t>(pthread_self());
  return {control_block - kGuessedThreadStack, control_block};
}

StackBounds OwnStackBounds() {
  const int saved_errno = errno;
  StackBounds bounds{};
  if (syscall(SYS_gettid) == getpid()) {
    bounds = MainStackBounds();
  } else {
    bounds = CreatedThreadStackBounds();
  }
  errno = saved_errno;
  return bounds;
}

}  // namespace pprof::sys
