// Memory for containers in whole pages, allocated from and freed to the system directly.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace pprof::sys {

// For use behind a BlockPool: every request takes at least one
// page. Not malloc, because an allocator retains freed memory, and heap sampling would sample the
// sampler. Errors: throws std::bad_alloc. Thread safety: safe. Not async-signal-safe.
class PageResource final : public std::pmr::memory_resource {
 private:
  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* pointer, size_t bytes, size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;
};

}  // namespace pprof::sys
