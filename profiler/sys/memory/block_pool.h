// Small blocks carved from chunks of another resource, all of which are freed at the end.
//
// std::pmr::unsynchronized_pool_resource would do, but libstdc++ 12's crashes when its upstream
// throws at the wrong moment: at a limit of the address space it would end the program.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace pprof::sys {

// Freed blocks serve later requests of their size. Errors: those of `upstream` (std::bad_alloc);
// the pool is unchanged then. Thread safety: one thread. Not async-signal-safe.
// Ownership: `upstream` must outlive the pool.
class BlockPool final : public std::pmr::memory_resource {
 public:
  explicit BlockPool(std::pmr::memory_resource* upstream) : upstream_(upstream) {}
  ~BlockPool() override;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

 private:
  struct Free {
    Free* next;
  };
  struct alignas(std::max_align_t) Chunk {
    Chunk* next;
    size_t bytes;
  };
  static constexpr size_t kClasses = 22;  // 16, 24, 32, 48 ... 24 KiB, 32 KiB

  static size_t SizeOf(size_t size_class);
  static size_t ClassOf(size_t bytes, size_t alignment);

  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* pointer, size_t bytes, size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;
  void* Carve(size_t bytes);

  std::pmr::memory_resource* upstream_;
  Free* free_[kClasses] = {};
  Chunk* chunks_ = nullptr;
  char* next_ = nullptr;  // the rest of the newest chunk
  char* end_ = nullptr;
  size_t chunk_bytes_ = size_t{16} * 1024;  // of the next one; each is twice the one before
};

}  // namespace pprof::sys
