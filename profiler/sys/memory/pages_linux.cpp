#include <sys/mman.h>

#include <cerrno>

#include "profiler/sys/memory/pages.h"

namespace pprof::sys {

void* MapPages(size_t bytes) {
  const int saved_errno = errno;
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  errno = saved_errno;
  return pages == MAP_FAILED ? nullptr : pages;
}

void UnmapPages(void* pages, size_t bytes) {
  const int saved_errno = errno;
  munmap(pages, bytes);
  errno = saved_errno;
}

}  // namespace pprof::sys
