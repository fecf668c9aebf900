// Memory for tables that only grow: bump allocation from mapped chunks, without a lock.
// Zero-initialized is empty: made for static storage, needs no constructor to have run.
#pragma once

#include <atomic>
#include <cstddef>

namespace pprof::signal_safe {

// Thread safety: safe, lock-free. Signal-safe. Ownership: nothing is ever given back.
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
