// Anonymous memory in whole pages: a large buffer that its destructor returns to the system.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

// Not malloc, because an allocator may retain freed megabytes that the profiler must release.
// Ownership: the pages live as long as the object. Thread safety: none.
// Not async-signal-safe: maps memory.
class PageBuffer {
 public:
  PageBuffer() = default;
  PageBuffer(PageBuffer&& other) noexcept;
  PageBuffer& operator=(PageBuffer&& other) noexcept;
  PageBuffer(const PageBuffer&) = delete;
  PageBuffer& operator=(const PageBuffer&) = delete;
  ~PageBuffer();

  // Keeps the contents up to the smaller size; new bytes are zero unless used before. May move
  // data(). False when the system has no memory; the buffer is then unchanged.
  bool Resize(size_t bytes);

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace pprof::sys
