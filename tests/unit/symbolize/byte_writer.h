// Writes bytes for tests like a compiler: little-endian numbers, LEB128, zero-terminated text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

class ByteWriter {
 public:
  ByteWriter& U8(uint64_t value) { return Fixed(value, 1); }
  ByteWriter& U16(uint64_t value) { return Fixed(value, 2); }
  ByteWriter& U32(uint64_t value) { return Fixed(value, 4); }
  ByteWriter& U64(uint64_t value) { return Fixed(value, 8); }
  ByteWriter& Uleb(uint64_t value) {
    for (; value >= 0x80; value >>= 7) U8((value & 0x7f) | 0x80);
    return U8(value);
  }
  ByteWriter& Sleb(int64_t value) {
    for (; value < -64 || value > 63; value >>= 7) U8(static_cast<uint64_t>((value & 0x7f) | 0x80));
    return U8(static_cast<uint64_t>(value & 0x7f));
  }
  ByteWriter& Text(std::string_view text) {
    for (const char c : text) U8(static_cast<uint8_t>(c));
    return U8(0);
  }
  ByteWriter& Append(const ByteWriter& other) {
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
    return *this;
  }

  size_t size() const { return bytes_.size(); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  sys::Bytes view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  ByteWriter& Fixed(uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes_.push_back(static_cast<uint8_t>(value >> (8 * i)));
    return *this;
  }

  std::vector<uint8_t> bytes_;
};

}  // namespace pprof::symbolize
