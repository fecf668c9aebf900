#include <sys/mman.h>

#include <cerrno>

#include "profiler/sys/memory/pages.h"

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
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
