#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <iterator>

#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/memory/sandbox.h"

namespace pprof::sys {
namespace {

// Results of a way to copy memory besides the number of bytes.
constexpr ssize_t kUnreadable = -1;
constexpr ssize_t kDenied = -2;

ssize_t Failure() {
  const bool denied = errno == EPERM || errno == ENOSYS || errno == EACCES;
  return denied ? kDenied : kUnreadable;
}

ssize_t ByRead(uintptr_t address, void* out, size_t bytes) {
  const iovec local{out, bytes};
  const iovec remote{reinterpret_cast<void*>(address), bytes};
  const ssize_t copied = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  return copied < 0 ? Failure() : copied;
}

// The same with the sides exchanged: a filter may know the one call only.
ssize_t ByWrite(uintptr_t address, void* out, size_t bytes) {
  const iovec local{reinterpret_cast<void*>(address), bytes};
  const iovec remote{out, bytes};
  const ssize_t copied = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
  return copied < 0 ? Failure() : copied;
}

// Opened each time: a descriptor that stays open would be the parent's memory in a forked child.
ssize_t ByFile(uintptr_t address, void* out, size_t bytes) {
  const int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == EMFILE || errno == ENFILE ? kUnreadable : kDenied;
  const ssize_t copied = pread(fd, out, bytes, static_cast<off_t>(address));
  const ssize_t result = copied < 0 ? Failure() : copied;
  close(fd);
  return result;
}

using Way = ssize_t (*)(uintptr_t address, void* out, size_t bytes);
constexpr Way kWayTo[] = {ByRead, ByWrite, ByFile};
constexpr size_t kWays = std::size(kWayTo);

std::atomic<size_t> first_way;  // those before are denied

}  // namespace

bool ReadOwnMemory(uintptr_t address, void* out, size_t bytes) {
  return CopyOwnMemory(address, out, bytes) == bytes;
}

size_t CopyOwnMemory(uintptr_t address, void* out, size_t bytes) {
  if (InSandbox()) return 0;
  const int saved_errno = errno;
  ssize_t copied = kDenied;
  for (size_t way = first_way.load(std::memory_order_relaxed); way < kWays; ++way) {
    copied = kWayTo[way](address, out, bytes);
    if (copied != kDenied) break;
    first_way.store(way + 1, std::memory_order_relaxed);  // a filter is never taken away
  }
  errno = saved_errno;
  return copied < 0 ? 0 : static_cast<size_t>(copied);
}

}  // namespace pprof::sys
