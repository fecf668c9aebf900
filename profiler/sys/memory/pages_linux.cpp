#include <sys/mman.h>

#include <cerrno>

#include "profiler/sys/memory/pages.h"
#include "profiler/sys/memory/sandbox.h"

namespace pprof::sys {

MappedPages mapped_pages[MappedPages::kMost];

namespace {

void Note(void* pages, size_t bytes) {
  for (MappedPages& slot : mapped_pages) {
    uintptr_t none = 0;
    if (!slot.begin.compare_exchange_strong(none, reinterpret_cast<uintptr_t>(pages))) continue;
    return slot.bytes.store(bytes, std::memory_order_release);
  }
}

void Forget(void* pages) {
  for (MappedPages& slot : mapped_pages) {
    if (slot.begin.load(std::memory_order_relaxed) != reinterpret_cast<uintptr_t>(pages)) continue;
    slot.bytes.store(0, std::memory_order_relaxed);
    return slot.begin.store(0, std::memory_order_release);
  }
}

}  // namespace

void* MapPages(size_t bytes) {
  const int saved_errno = errno;
  const int access = InSandbox() ? PROT_READ | PROT_WRITE : PROT_NONE;
  void* pages = mmap(nullptr, bytes, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages != MAP_FAILED && access == PROT_NONE) {
    // After mlockall(MCL_FUTURE) memory is locked and present from the start: in this order it is
    // neither.
    munlock(pages, bytes);
    if (mprotect(pages, bytes, PROT_READ | PROT_WRITE) != 0) {
      munmap(pages, bytes);
      pages = MAP_FAILED;
    }
  }
  errno = saved_errno;
  if (pages == MAP_FAILED) return nullptr;
  Note(pages, bytes);
  return pages;
}

void UnmapPages(void* pages, size_t bytes) {
  const int saved_errno = errno;
  Forget(pages);
  munmap(pages, bytes);
  errno = saved_errno;
}

}  // namespace pprof::sys
