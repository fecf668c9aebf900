#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "profiler/sys/memory/own_memory.h"

namespace pprof::sys {

bool ReadOwnMemory(uintptr_t address, void* out, size_t bytes) {
  return CopyOwnMemory(address, out, bytes) == bytes;
}

size_t CopyOwnMemory(uintptr_t address, void* out, size_t bytes) {
  const int saved_errno = errno;
  iovec local{out, bytes};
  iovec remote{reinterpret_cast<void*>(address), bytes};
  const ssize_t copied = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  errno = saved_errno;
  return copied < 0 ? 0 : static_cast<size_t>(copied);
}

}  // namespace pprof::sys
