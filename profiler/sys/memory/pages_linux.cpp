#include <sys/mman.h>

#include <cerrno>

#include "profiler/sys/memory/pages.h"

namespace pprof::sys {

void* MapPages(size_t bytes) {
  const int saved_errno = errno;
  void* pages = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages != MAP_FAILED) {
    // After mlockall(MCL_FUTURE) memory is locked and present from the start: in this order it is
    // neither.
    munlock(pages, bytes);
    if (mprotect(pages, bytes, PROT_READ | PROT_WRITE) != 0) {
      munmap(pages, bytes);
      pages = MAP_FAILED;
    }
  }
  errno = saved_errno;
  return pages == MAP_FAILED ? nullptr : pages;
}

void UnmapPages(void* pages, size_t bytes) {
  const int saved_errno = errno;
  munmap(pages, bytes);
  errno = saved_errno;
}

}  // namespace pprof::sys
