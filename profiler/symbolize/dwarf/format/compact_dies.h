// The few DIEs of a large unit that are needed later, so that memory need not hold all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/symbolize/dwarf/format/abbrev.h"
#include "profiler/sys/memory/byte_cursor.h"
#include "profiler/sys/memory/page_buffer.h"

namespace pprof::symbolize {

class DwarfUnit;

// Functions, the scopes they may be declared in, and inlined calls around wanted addresses: at most
// a third of a unit's bytes; the rest is variables, types and call sites. DIEs are copied
// unchanged, in sequence and with the ends of their lists of children, so they can be walked like a
// unit, but offsets of siblings are invalid. Thread safety: none. Not async-signal-safe.
class CompactDies {
 public:
  // Reads the unit once, through small windows. `wanted`: sorted addresses. Errors: damage, or a
  // lack of memory or time, keeps only the DIEs before it.
  void Read(const DwarfUnit& unit, const std::vector<uint64_t>& wanted);

  sys::Bytes bytes() const { return {bytes_.data(), used_}; }
  // Position of the DIE in bytes(), given its offset from the start of the unit; the size of
  // bytes() if it was dropped.
  size_t PositionOf(uint64_t die) const;
  // The inverse; 0 if no DIE starts there.
  uint64_t DieAt(size_t position) const;

 private:
  struct Kept {
    uint32_t die;
    uint32_t position;
  };
  enum Open : uint8_t { kDropped, kKept, kHoldsWanted };

  bool ReadWindow(const DwarfUnit& unit, sys::Bytes window, uint64_t* offset,
                  const std::vector<uint64_t>& wanted);
  Open ReadAttributes(const DwarfUnit& unit, sys::ByteCursor& cursor, const Abbrev& abbrev,
                      const std::vector<uint64_t>& wanted) const;
  void Close();
  void Enter(uint64_t die, const Abbrev& abbrev, sys::Bytes bytes, Open open);
  void Append(const void* from, size_t size);
  const Kept* index() const { return reinterpret_cast<const Kept*>(index_.data()); }

  sys::PageBuffer bytes_;
  size_t used_ = 0;
  sys::PageBuffer index_;  // of Kept, ascending in both members
  size_t count_ = 0;
  std::vector<Open> open_;
  size_t holding_ = 0;  // number of open_ that contain wanted addresses
  bool full_ = false;
};

}  // namespace pprof::symbolize
