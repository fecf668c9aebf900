// Reads the numbers of .eh_frame; never past the end of its record.
// Source: Linux Standard Base 5, section 10.5 (pointer encodings).
#pragma once

#include <cstdint>

#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::signal_safe {

// Async-signal-safe.
class CfiReader : public sys::ByteCursor {
 public:
  CfiReader(const uint8_t* begin, const uint8_t* end)
      : ByteCursor(sys::Bytes{begin, static_cast<size_t>(end - begin)}) {}

  // A pointer in DW_EH_PE encoding, absolute or relative to its own address; `data`: base of
  // datarel. Indirect pointers (personality routines) are skipped, not followed.
  uint64_t Pointer(uint8_t encoding, uint64_t data = 0) {
    constexpr uint8_t kOmit = 0xFF;
    if (encoding == kOmit) return 0;
    const auto place = reinterpret_cast<uint64_t>(position());
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
        return Uleb();
      case 0x02:
        return U16();
      case 0x03:
        return U32();
      case 0x09:
        return static_cast<uint64_t>(Sleb());
      case 0x0A:
        return static_cast<uint64_t>(int64_t{static_cast<int16_t>(U16())});
      case 0x0B:
        return static_cast<uint64_t>(int64_t{static_cast<int32_t>(U32())});
      case 0x00:
      case 0x04:
      case 0x0C:
        return U64();  // absptr, udata8, sdata8
      default:
        Fail();
        return 0;
    }
  }
};

}  // namespace pprof::signal_safe
