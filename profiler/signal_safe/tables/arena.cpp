#include "profiler/signal_safe/tables/arena.h"

#include "profiler/sys/memory/pages.h"

namespace pprof::signal_safe {

struct Arena::Chunk {
  std::atomic<size_t> used;  // may exceed the chunk; that allocation takes a new one
  char padding[8];

  char* base() { return reinterpret_cast<char*>(this) + sizeof(Chunk); }
  static constexpr size_t kCapacity = kChunkBytes - 16;
};

void* Arena::Allocate(size_t bytes) {
  static_assert(sizeof(Chunk) == 16, "what base() returns must stay 16-aligned");
  if (bytes > kLargest) return nullptr;
  bytes = (bytes + 15) & ~size_t{15};
  Chunk* chunk = current_.load(std::memory_order_acquire);
  for (;;) {
    if (chunk != nullptr) {
      const size_t at = chunk->used.fetch_add(bytes, std::memory_order_relaxed);
      if (at + bytes <= Chunk::kCapacity) return chunk->base() + at;
    }
    chunk = AddChunk(chunk);
    if (chunk == nullptr) return nullptr;
  }
}

// Replaces the full chunk; when another thread was first, returns that thread's chunk.
Arena::Chunk* Arena::AddChunk(Chunk* full) {
  auto* added = static_cast<Chunk*>(sys::MapPages(kChunkBytes));
  if (added == nullptr) return nullptr;
  if (current_.compare_exchange_strong(full, added, std::memory_order_acq_rel)) {
    mapped_bytes_.fetch_add(kChunkBytes, std::memory_order_relaxed);
    return added;
  }
  sys::UnmapPages(added, kChunkBytes);
  return full;  // the exchange stored the current chunk here
}

}  // namespace pprof::signal_safe
