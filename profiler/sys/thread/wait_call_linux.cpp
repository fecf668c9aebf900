#include <linux/futex.h>
#include <sys/syscall.h>

#include "profiler/sys/thread/wait_call.h"

namespace pprof::sys {

// NOLINTNEXTLINE(readability-function-size): a table
WaitKind WaitKindOf(int64_t syscall_number) {
  switch (syscall_number) {
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
    case SYS_preadv:
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_flock:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
      return WaitKind::kDescriptor;
    case SYS_poll:
    case SYS_ppoll:
    case SYS_select:
    case SYS_pselect6:
      return WaitKind::kDescriptors;
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      return WaitKind::kSleep;
    case SYS_futex:
      return WaitKind::kFutex;
    case SYS_wait4:
    case SYS_waitid:
      return WaitKind::kChild;
    case SYS_rt_sigtimedwait:
    case SYS_rt_sigsuspend:
    case SYS_pause:
      return WaitKind::kSignal;
    default:
      return WaitKind::kOther;
  }
}

FutexWaitCall DecodeFutex(uint64_t operation) {
  const auto command = static_cast<int>(operation) & FUTEX_CMD_MASK;
  FutexWaitCall call;
  call.waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI;
  call.private_to_process = (operation & FUTEX_PRIVATE_FLAG) != 0;
  return call;
}

}  // namespace pprof::sys
