// Memory for containers in whole pages, straight from the system and straight back.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace pprof::sys {

// Meant to stand behind a pool (std::pmr::unsynchronized_pool_resource): every request takes a page
// at least. Not malloc: an allocator keeps what is freed, and in a program that samples its heap it
// would sample the sampler. Throws std::bad_alloc. Thread safety: safe. Not signal-safe.
class PageResource final : public std::pmr::memory_resource {
 private:
  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* pointer, size_t bytes, size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;
};

}  // namespace pprof::sys
