#include "profiler/sys/memory/block_pool.h"

#include <algorithm>
#include <cstdint>

namespace pprof::sys {
namespace {

constexpr size_t kMostChunkBytes = size_t{1} << 20;

// Where a block of `bytes` may begin: the larger of its powers of two, up to 16 bytes.
char* AlignedFor(char* place, size_t bytes) {
  const size_t alignment = std::min(bytes & (0 - bytes), alignof(std::max_align_t));
  return place + (0 - reinterpret_cast<uintptr_t>(place)) % alignment;
}

}  // namespace

BlockPool::~BlockPool() {
  while (chunks_ != nullptr) {
    Chunk* chunk = chunks_;
    chunks_ = chunk->next;
    upstream_->deallocate(chunk, chunk->bytes);
  }
}

size_t BlockPool::SizeOf(size_t size_class) {
  const size_t power = size_t{16} << (size_class / 2);
  return size_class % 2 == 0 ? power : power + (power / 2);
}

// kClasses: too large, or aligned more than the blocks are.
size_t BlockPool::ClassOf(size_t bytes, size_t alignment) {
  if (alignment > alignof(std::max_align_t)) return kClasses;
  size_t size_class = 0;
  while (size_class < kClasses &&
         (SizeOf(size_class) < bytes || SizeOf(size_class) % alignment != 0)) {
    ++size_class;
  }
  return size_class;
}

void* BlockPool::do_allocate(size_t bytes, size_t alignment) {
  const size_t size_class = ClassOf(bytes, alignment);
  if (size_class == kClasses) return upstream_->allocate(bytes, alignment);
  Free* block = free_[size_class];
  if (block == nullptr) return Carve(SizeOf(size_class));
  free_[size_class] = block->next;
  return block;
}

// The rest of the chunk before is lost: less than a block.
void* BlockPool::Carve(size_t bytes) {
  char* block = next_ == nullptr ? nullptr : AlignedFor(next_, bytes);
  if (block == nullptr || block > end_ || static_cast<size_t>(end_ - block) < bytes) {
    const size_t size = std::max(chunk_bytes_, sizeof(Chunk) + bytes);
    auto* chunk = static_cast<Chunk*>(upstream_->allocate(size));
    *chunk = {chunks_, size};
    chunks_ = chunk;
    chunk_bytes_ = std::min(2 * chunk_bytes_, kMostChunkBytes);
    block = reinterpret_cast<char*>(chunk + 1);
    end_ = reinterpret_cast<char*>(chunk) + size;
  }
  next_ = block + bytes;
  return block;
}

void BlockPool::do_deallocate(void* pointer, size_t bytes, size_t alignment) {
  const size_t size_class = ClassOf(bytes, alignment);
  if (size_class == kClasses) return upstream_->deallocate(pointer, bytes, alignment);
  auto* block = static_cast<Free*>(pointer);
  block->next = free_[size_class];
  free_[size_class] = block;
}

bool BlockPool::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace pprof::sys
