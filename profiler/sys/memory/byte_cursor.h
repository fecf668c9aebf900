// Reads numbers and strings from untrusted bytes.
// Source of LEB128: DWARF 5, section 7.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pprof::sys {

// A borrowed run of bytes. Ownership: none.
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;

  bool empty() const { return size == 0; }
  const uint8_t* end() const { return data + size; }
  // Empty when any part is out of bounds.
  Bytes Slice(uint64_t offset, uint64_t length) const {
    if (offset > size || length > size - offset) return {};
    return {data + offset, static_cast<size_t>(length)};
  }
  // From `offset` to the end; empty when out of bounds.
  Bytes From(uint64_t offset) const {
    return offset > size ? Bytes{} : Slice(offset, size - offset);
  }
};

// All reads of foreign files and unwind tables use this class. Reading past the end returns zeros
// and makes ok() false permanently, so callers check once after a group of reads. Little endian,
// any alignment. Errors: ok(). Ownership: borrows the bytes. Thread safety: none.
// Async-signal-safe.
class ByteCursor {
 public:
  ByteCursor() = default;
  explicit ByteCursor(Bytes bytes) : next_(bytes.data), end_(bytes.data + bytes.size) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return next_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - next_); }
  const uint8_t* position() const { return next_; }
  const uint8_t* end() const { return end_; }

  uint8_t U8() { return Fixed<uint8_t>(); }
  uint16_t U16() { return Fixed<uint16_t>(); }
  uint32_t U24() {
    const uint32_t low = U16();
    return low | static_cast<uint32_t>(U8()) << 16;
  }
  uint32_t U32() { return Fixed<uint32_t>(); }
  uint64_t U64() { return Fixed<uint64_t>(); }
  // A section offset of 32-bit or 64-bit DWARF.
  uint64_t Offset(bool dwarf64) { return dwarf64 ? U64() : U32(); }

  uint64_t Uleb() {
    // Most numbers in DWARF fit into one byte.
    if (next_ != end_ && *next_ < 0x80) return *next_++;
    return LongUleb();
  }

  int64_t Sleb() {
    if (next_ != end_ && *next_ < 0x80) {
      const uint8_t byte = *next_++;  // seven bits, the first of which is the sign
      return byte < 0x40 ? byte : byte - 0x80;
    }
    return LongSleb();
  }

  // Up to the next zero byte, which is skipped. Empty and not ok() when there is none.
  std::string_view CString() {
    const void* zero = AtEnd() ? nullptr : std::memchr(next_, 0, left());
    if (zero == nullptr) {
      Fail();
      return {};
    }
    const char* text = reinterpret_cast<const char*>(next_);
    next_ = static_cast<const uint8_t*>(zero) + 1;
    return {text, static_cast<size_t>(reinterpret_cast<const char*>(zero) - text)};
  }

  void Skip(uint64_t count) {
    if (count > left()) return Fail();
    next_ += count;
  }
  // Returns and skips the next `count` bytes; empty and not ok() when there are fewer.
  Bytes Take(uint64_t count) {
    const uint8_t* from = next_;
    Skip(count);
    return ok_ ? Bytes{from, static_cast<size_t>(count)} : Bytes{};
  }
  void Fail() {
    ok_ = false;
    next_ = end_;
  }

 private:
  int64_t LongSleb() {
    uint64_t value = 0;
    for (unsigned shift = 0; next_ != end_;) {
      const uint8_t byte = *next_++;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if (byte >= 0x80) continue;
      if (shift < 64 && (byte & 0x40) != 0) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
    Fail();
    return 0;
  }

  uint64_t LongUleb() {
    uint64_t value = 0;
    for (unsigned shift = 0; next_ != end_; shift += 7) {
      const uint8_t byte = *next_++;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }

  template <typename T>
  T Fixed() {
    T value = 0;
    if (left() < sizeof(T)) {
      Fail();
    } else {
      std::memcpy(&value, next_, sizeof(T));
      next_ += sizeof(T);
    }
    return value;
  }

  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
  bool ok_ = true;
};

}  // namespace pprof::sys
