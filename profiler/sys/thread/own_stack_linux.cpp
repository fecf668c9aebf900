#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "profiler/sys/thread/own_stack.h"

// ld.so's record of the start of the main thread's stack.
extern "C" void* __libc_stack_end;  // NOLINT(readability-identifier-naming): ld.so's name

namespace pprof::sys {
namespace {

// The kernel maps nothing else so near to the main thread's stack, whatever its limit is.
// Source: Linux, mmap_base() in arch/x86/mm/mmap.c.
constexpr uintptr_t kLargestMainStack = uintptr_t{128} << 20;

StackBounds MainStackBounds() {
  rlimit limit{};
  const bool known = getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < kLargestMainStack;
  // Frames of ld.so's entry lie a little above __libc_stack_end; 256 bytes cover its return
  // address.
  const uintptr_t high = reinterpret_cast<uintptr_t>(__libc_stack_end) + 256;
  return {high - (known ? limit.rlim_cur : kLargestMainStack), high};
}

}  // namespace

// glibc puts the thread control block at the top of the stack. What is above it, below a page, is
// part of the size.
StackBounds CreatedThreadStackBounds(size_t bytes) {
  constexpr size_t kAboveBlock = 8192;
  const auto control_block = static_cast<uintptr_t>(pthread_self());
  return {control_block - (bytes > kAboveBlock ? bytes - kAboveBlock : 0), control_block};
}

StackBounds OwnStackBounds(size_t bytes) {
  const int saved_errno = errno;
  StackBounds bounds{};
  if (syscall(SYS_gettid) == getpid()) {
    bounds = MainStackBounds();
  } else {
    bounds = CreatedThreadStackBounds(bytes);
  }
  errno = saved_errno;
  return bounds;
}

}  // namespace pprof::sys
