// Anonymous memory in whole pages: a big buffer that goes back to the system when it dies.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

// Not malloc: an allocator may keep freed megabytes, and a profiler has promised to give them back.
// Ownership: the pages live as long as the object. Not thread-safe. Not signal-safe: maps memory.
class PageBuffer {
 public:
  PageBuffer() = default;
  PageBuffer(PageBuffer&& other) noexcept;
  PageBuffer& operator=(PageBuffer&& other) noexcept;
  PageBuffer(const PageBuffer&) = delete;
  PageBuffer& operator=(const PageBuffer&) = delete;
  ~PageBuffer();

  // Keeps the contents up to the smaller size; new bytes are zero unless used before. May move
  // data(). False when the system has no memory; the buffer is unchanged then.
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
