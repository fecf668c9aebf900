// A message of Protocol Buffers of limited size, on the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pprof::watch {

// What no longer fits is left out, and ok() says so. Thread safety: none.
template <size_t kBytes>
class ProtoMessage {
 public:
  void Varint(uint64_t value) {
    constexpr uint64_t kMore = 0x80;
    while (value >= kMore) {
      Byte(static_cast<char>(value | kMore));
      value >>= 7;
    }
    Byte(static_cast<char>(value));
  }
  void Number(uint32_t tag, uint64_t value) {
    Varint(uint64_t{tag} << 3);
    Varint(value);
  }
  void Text(uint32_t tag, std::string_view text) {
    Varint(uint64_t{tag} << 3 | 2);
    Varint(text.size());
    for (const char c : text) Byte(c);
  }

  std::string_view bytes() const { return {bytes_, size_}; }
  bool ok() const { return ok_; }

 private:
  void Byte(char byte) {
    ok_ = ok_ && size_ < kBytes;
    if (ok_) bytes_[size_++] = byte;
  }

  char bytes_[kBytes];
  size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace pprof::watch
