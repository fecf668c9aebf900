#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "profiler/sys/memory/page_resource.h"

namespace pprof::sys {
namespace {

constexpr size_t kPageSize = 4096;

size_t Rounded(size_t bytes) { return (bytes + kPageSize - 1) & ~(kPageSize - 1); }

}  // namespace

void* PageResource::do_allocate(size_t bytes, size_t alignment) {
  if (alignment > kPageSize || bytes > SIZE_MAX / 2) throw std::bad_alloc();
  void* pages =
      mmap(nullptr, Rounded(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  return pages;
}

void PageResource::do_deallocate(void* pointer, size_t bytes, size_t) {
  munmap(pointer, Rounded(bytes));
}

bool PageResource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace pprof::sys
