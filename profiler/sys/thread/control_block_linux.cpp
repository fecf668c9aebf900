#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/thread/control_block.h"

namespace pprof::sys {
namespace {

// The list of locks that the kernel frees when a thread dies is a part of its control block.
uintptr_t RobustListOf(int32_t tid) {
  const int saved_errno = errno;
  robust_list_head* head = nullptr;
  size_t bytes = 0;
  const bool known = syscall(SYS_get_robust_list, tid, &head, &bytes) == 0;
  errno = saved_errno;
  return known ? reinterpret_cast<uintptr_t>(head) : 0;
}

}  // namespace

uintptr_t ControlBlockOf(int32_t tid) {
  const uintptr_t own = RobustListOf(0);
  const uintptr_t other = RobustListOf(tid);
  if (own == 0 || other == 0) return 0;
  const uintptr_t block = other - (own - pthread_self());
  return IsControlBlock(block) ? block : 0;
}

bool IsControlBlock(uintptr_t address) {
  uintptr_t words[3] = {};  // tcbhead_t: tcb, dtv, self
  return ReadOwnMemory(address, words, sizeof words) && words[0] == address && words[2] == address;
}

}  // namespace pprof::sys
