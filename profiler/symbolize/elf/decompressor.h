// A stream of a compressed section's bytes, read from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "profiler/symbolize/elf/section_data.h"

namespace pprof::symbolize {

// Ownership: borrows the section's file. Thread safety: none. Not async-signal-safe.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  // Writes up to `size` bytes and returns their number; fewer than `size` at the end or at damage.
  virtual size_t Read(uint8_t* out, size_t size) = 0;
  // End of the stored bytes consumed so far.
  virtual const uint8_t* position() const = 0;
};

// Null for kNone and for compression formats that this build does not support.
std::unique_ptr<Decompressor> MakeDecompressor(const SectionData& section);

}  // namespace pprof::symbolize
