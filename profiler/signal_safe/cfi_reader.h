// Reads the numbers of .eh_frame: bounded, never past the record it was given. A read past the end
// gives 0 and leaves failed() set. Signal-safe.
// Source: DWARF 5, section 7.6 (LEB128); Linux Standard Base 5, section 10.5 (pointer encodings).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pprof::signal_safe {

class CfiReader {
 public:
  CfiReader(const uint8_t* begin, const uint8_t* end) : at_(begin), end_(end) {}

  const uint8_t* at() const { return at_; }
  const uint8_t* end() const { return end_; }
  bool done() const { return at_ >= end_; }
  bool failed() const { return failed_; }

  template <class T>
  T Fixed() {
    T value{};
    if (static_cast<size_t>(end_ - at_) < sizeof value) {
      Fail();
      return value;
    }
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  uint8_t Byte() { return Fixed<uint8_t>(); }

  uint64_t Unsigned() {
    uint64_t value = 0;
    for (int shift = 0; !done(); shift += 7) {
      const uint8_t byte = *at_++;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    Fail();
    return 0;
  }

  int64_t Signed() {
    uint64_t value = 0;
    for (int shift = 0; !done();) {
      const uint8_t byte = *at_++;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if ((byte & 0x40) != 0 && shift < 64) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
    Fail();
    return 0;
  }

  void Skip(uint64_t bytes) {
    if (bytes > static_cast<uint64_t>(end_ - at_)) return Fail();
    at_ += bytes;
  }

  const char* String() {
    const auto* text = reinterpret_cast<const char*>(at_);
    while (!done() && *at_ != 0) ++at_;
    Skip(1);
    return failed_ ? "" : text;
  }

  // A pointer in DW_EH_PE encoding, absolute or relative to its own place; `data` for datarel.
  // Indirect pointers (personality routines) are read past, not followed.
  uint64_t Pointer(uint8_t encoding, uint64_t data = 0) {
    constexpr uint8_t kOmit = 0xFF;
    if (encoding == kOmit) return 0;
    const auto place = reinterpret_cast<uint64_t>(at_);
    const uint64_t value = PointerValue(encoding & 0x0F);
    switch (encoding & 0x70) {
      case 0x10:
        return value == 0 ? 0 : value + place;  // DW_EH_PE_pcrel
      case 0x30:
        return value + data;  // DW_EH_PE_datarel
      default:
        return value;
    }
  }

 private:
  uint64_t PointerValue(uint8_t format) {
    switch (format) {
      case 0x01:
        return Unsigned();  // uleb128
      case 0x02:
        return Fixed<uint16_t>();  // udata2
      case 0x03:
        return Fixed<uint32_t>();  // udata4
      case 0x09:
        return static_cast<uint64_t>(Signed());  // sleb128
      case 0x0A:
        return static_cast<uint64_t>(int64_t{Fixed<int16_t>()});  // sdata2
      case 0x0B:
        return static_cast<uint64_t>(int64_t{Fixed<int32_t>()});  // sdata4
      case 0x00:
      case 0x04:
      case 0x0C:
        return Fixed<uint64_t>();  // absptr, udata8, sdata8
      default:
        Fail();
        return 0;
    }
  }

  void Fail() {
    failed_ = true;
    at_ = end_;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  bool failed_ = false;
};

}  // namespace pprof::signal_safe
