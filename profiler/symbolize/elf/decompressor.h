// Compressed section bytes as a stream that is read from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

enum class Compression { kNone, kZlib, kZstd };

// Ownership: borrows the stored bytes. Not thread-safe. Not signal-safe.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  // Writes up to `size` bytes and returns how many; fewer than asked at the end or at damage.
  virtual size_t Read(uint8_t* out, size_t size) = 0;
  // The stored bytes up to here have been used.
  virtual const uint8_t* position() const = 0;
};

// Null for kNone and for a compression this build cannot read.
std::unique_ptr<Decompressor> MakeDecompressor(Compression compression, sys::Bytes stored);

}  // namespace pprof::symbolize
