// A section of any size as forward-moving windows; only one window is in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "profiler/symbolize/elf/decompressor.h"
#include "profiler/symbolize/elf/section_data.h"
#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/sys/memory/byte_cursor.h"
#include "profiler/sys/memory/page_buffer.h"

namespace pprof::symbolize {

// Windows of plain sections stay valid while the file is open, and any order costs the same.
// Compressed ones are decompressed on the way: reading earlier bytes restarts from the front.
// Ownership: borrows the file and the budget. Thread safety: none. Not async-signal-safe.
class SectionStream {
 public:
  // Maximum window in a compressed section, which takes anonymous memory.
  static constexpr uint64_t kMaxWindow = uint64_t{256} << 20;

  SectionStream() = default;
  SectionStream(const SectionData& section, TimeBudget* budget)
      : section_(section), budget_(budget) {}

  uint64_t size() const { return section_.size; }
  bool present() const { return section_.size != 0; }
  bool compressed() const { return section_.compression != Compression::kNone; }

  // Exactly these bytes, valid until the next call; empty if out of bounds, damaged or out of time.
  sys::Bytes Window(uint64_t offset, uint64_t length);

  // The zero-terminated text at `offset`, valid as a window is; empty if it has no end within 1
  // MiB.
  std::string_view CStringAt(uint64_t offset);

  // Frees the memory of what lies before `offset`, in a pass from front to back: at most 512 KiB of
  // it are kept. Windows there are no longer valid. Optional.
  void DropBefore(uint64_t offset);

  // Frees the windows and the decompressor until the next use.
  void Close();

 private:
  bool Restart();
  bool SkipTo(uint64_t offset);
  bool FillTo(uint64_t end);
  bool Trim(uint64_t wanted);
  void DropInput();

  SectionData section_;
  TimeBudget* budget_ = nullptr;
  std::unique_ptr<Decompressor> source_;
  sys::PageBuffer buffer_;
  uint64_t buffer_offset_ = 0;           // offset of the buffer in the section
  uint64_t filled_ = 0;                  // bytes in the buffer
  const uint8_t* input_kept_ = nullptr;  // stored bytes before this were freed
  uint64_t dropped_ = 0;                 // of a plain section: bytes before this were freed
};

// A section for random access. Compressed ones are decompressed at first use, into memory.
// Ownership and thread safety as above.
class LoadedSection {
 public:
  // Maximum anonymous memory for one section; a larger one counts as absent.
  static constexpr uint64_t kMaxLoaded = uint64_t{64} << 20;

  LoadedSection() = default;
  LoadedSection(const SectionData& section, TimeBudget* budget)
      : section_(section), budget_(budget) {}

  sys::Bytes Get();

  // The bytes from `offset` on, at most `length` of them. Of a plain section no others are read.
  sys::Bytes Part(uint64_t offset, uint64_t length);

 private:
  SectionData section_;
  TimeBudget* budget_ = nullptr;
  std::unique_ptr<SectionStream> stream_;
  sys::Bytes bytes_;
  bool tried_ = false;
};

}  // namespace pprof::symbolize
