// A section of any size as windows that move forward; memory holds one window.
#pragma once

#include <cstdint>
#include <memory>

#include "profiler/symbolize/elf/decompressor.h"
#include "profiler/symbolize/elf/section_data.h"
#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/sys/memory/byte_cursor.h"
#include "profiler/sys/memory/page_buffer.h"

namespace pprof::symbolize {

// Plain sections are windows into the mapped file, so any order costs the same. Compressed ones are
// decompressed on the way: asking for earlier bytes begins again from the front.
// Ownership: borrows the file and the budget. Not thread-safe. Not signal-safe.
class SectionStream {
 public:
  // Larger windows of compressed sections are refused: it is anonymous memory.
  static constexpr uint64_t kMaxWindow = uint64_t{256} << 20;

  SectionStream() = default;
  SectionStream(const SectionData& section, TimeBudget* budget)
      : section_(section), budget_(budget) {}

  uint64_t size() const { return section_.size; }
  bool present() const { return section_.size != 0; }
  bool compressed() const { return section_.compression != Compression::kNone; }

  // Exactly these bytes, valid until the next call; empty when outside, damaged or out of time.
  sys::Bytes Window(uint64_t offset, uint64_t length);

  // The window will not be asked for again: gives file pages back. Not needed for correctness.
  void Drop(sys::Bytes window);

  // Nothing will be asked for for a while: frees the window and the decompressor.
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
  uint64_t buffer_offset_ = 0;           // of the section, where the buffer begins
  uint64_t filled_ = 0;                  // bytes of the buffer that hold contents
  const uint8_t* input_kept_ = nullptr;  // stored bytes before this have been dropped
};

// A whole section at hand, for the ones that are read in no order. Compressed ones are decompressed
// at the first use. Ownership and safety as above.
class LoadedSection {
 public:
  // What one section may take of anonymous memory; a larger one counts as absent.
  static constexpr uint64_t kMaxLoaded = uint64_t{64} << 20;

  LoadedSection() = default;
  LoadedSection(const SectionData& section, TimeBudget* budget)
      : section_(section), budget_(budget) {}

  sys::Bytes Get();

 private:
  SectionData section_;
  TimeBudget* budget_ = nullptr;
  std::unique_ptr<SectionStream> stream_;
  sys::Bytes bytes_;
  bool tried_ = false;
};

}  // namespace pprof::symbolize
