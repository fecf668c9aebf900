// Lock-free bump allocation from mapped chunks, for tables that only grow. Zeroed memory is an
// empty arena: static storage needs no constructor.
#pragma once

#include <atomic>
#include <cstddef>

namespace pprof::signal_safe {

// Thread safety: safe, lock-free. Async-signal-safe. Ownership: memory is never freed.
class Arena {
 public:
  // `bytes` zeroed bytes, 16-aligned; nullptr when the kernel refuses or bytes > 64 KiB.
  void* Allocate(size_t bytes);

  size_t mapped_bytes() const { return mapped_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Chunk;
  static constexpr size_t kChunkBytes = size_t{256} * 1024;
  static constexpr size_t kLargest = size_t{64} * 1024;

  Chunk* AddChunk(Chunk* full);

  std::atomic<Chunk*> current_;
  std::atomic<size_t> mapped_bytes_;
};

}  // namespace pprof::signal_safe
