#include <sys/mman.h>

#include <utility>

#include "profiler/sys/memory/page_buffer.h"

namespace pprof::sys {
namespace {

constexpr size_t kPageSize = 4096;

}  // namespace

PageBuffer::PageBuffer(PageBuffer&& other) noexcept { *this = std::move(other); }

PageBuffer& PageBuffer::operator=(PageBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

PageBuffer::~PageBuffer() {
  if (data_ != nullptr) munmap(data_, capacity_);
}

bool PageBuffer::Resize(size_t bytes) {
  if (bytes > SIZE_MAX / 2) return false;
  if (bytes > capacity_) {
    const size_t capacity = (bytes + kPageSize - 1) & ~(kPageSize - 1);
    void* data = data_ == nullptr ? mmap(nullptr, capacity, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                  : mremap(data_, capacity_, capacity, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) return false;
    data_ = static_cast<uint8_t*>(data);
    capacity_ = capacity;
  }
  size_ = bytes;
  return true;
}

}  // namespace pprof::sys
