// syscall(SYS_seccomp, ...), which begins a sandbox, and syscall(SYS_futex, ...): the waits of
// std::counting_semaphore, std::latch, std::barrier, std::atomic::wait and std::future, which call
// the kernel directly.
#include "profiler/interpose/waits/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

using SyscallFunction = long (*)(long, long, long, long, long, long, long);

extern "C" {

// Used by the assembly below. The initial value resolves the name.
__attribute__((visibility("hidden"), used)) long PprofCppFirstSyscall(long, long, long, long, long,
                                                                      long, long);
__attribute__((visibility("hidden"), used)) SyscallFunction pprof_cpp_next_syscall =
    PprofCppFirstSyscall;
__attribute__((visibility("hidden"), used)) long PprofCppFutex(long, long, long, long, long, long,
                                                               long);
__attribute__((visibility("hidden"), used)) long PprofCppSeccompCall(long, long, long, long);
__attribute__((visibility("hidden"))) void PprofCppSeccomp(long operation, const void* filter);

// Other calls continue with the caller's stack and registers: some, such as clone, return on
// another stack. syscall(2) always reads seven words, however many were passed.
static_assert(SYS_futex == 202 && SYS_seccomp == 317, "the numbers below");
__asm__(
    ".text\n"
    ".weak syscall\n"
    ".type syscall, @function\n"
    "syscall:\n"
    "  .cfi_startproc\n"
    "  cmpq $202, %rdi\n"
    "  je PprofCppFutex\n"
    "  cmpq $317, %rdi\n"
    "  je PprofCppSeccompCall\n"
    "  jmp *pprof_cpp_next_syscall(%rip)\n"
    "  .cfi_endproc\n"
    ".size syscall, .-syscall\n");

}  // extern "C"

namespace pprof::interpose {
namespace {

bool IsWait(long operation) {
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI:
    case 13:  // FUTEX_LOCK_PI2, Linux 5.14
      return true;
    default:
      return false;
  }
}

}  // namespace

void ResolveSyscallFunction() {
  pprof_cpp_next_syscall = reinterpret_cast<SyscallFunction>(FindNext("syscall", nullptr));
}

}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow
namespace hooks = pprof::signal_safe;

extern "C" {

long PprofCppFirstSyscall(long number, long a, long b, long c, long d, long e, long f) {
  ResolveSyscallFunction();
  return pprof_cpp_next_syscall(number, a, b, c, d, e, f);
}

long PprofCppSeccompCall(long number, long operation, long flags, long filter) {
  PprofCppSeccomp(operation, reinterpret_cast<const void*>(filter));
  return pprof_cpp_next_syscall(number, operation, flags, filter, 0, 0, 0);
}

long PprofCppFutex(long number, long address, long operation, long value, long timeout,
                   long address2, long value3) {
  const auto next = [=] {
    return pprof_cpp_next_syscall(number, address, operation, value, timeout, address2, value3);
  };
  if (!hooks::ContentionOn() || !IsWait(operation)) return next();
  hooks::Wait wait;
  const long result = next();
  // EAGAIN: the value had already changed.
  if (result == 0 || errno == ETIMEDOUT || errno == EINTR) {
    wait.Ended(PPROF_CALLER(syscall));
  }
  return result;
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS
