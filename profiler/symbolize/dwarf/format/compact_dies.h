// The few DIEs of a large unit that can be asked for, so that memory need not hold all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/symbolize/dwarf/format/abbrev.h"
#include "profiler/sys/memory/byte_cursor.h"
#include "profiler/sys/memory/page_buffer.h"

namespace pprof::symbolize {

class DwarfUnit;

// Functions, what they may be declared in, and inlined calls where addresses are wanted: a third of
// a unit's bytes or less; the rest is variables, types and call sites. DIEs are kept as they are,
// one behind the other with the ends of their lists of children, so they are walked like a unit;
// only offsets of siblings lead nowhere. Not thread-safe. Not signal-safe.
class CompactDies {
 public:
  // Reads the unit through small windows, once. `wanted`: sorted addresses.
  // Errors: at damage, and without memory or time, there are those before it.
  void Read(const DwarfUnit& unit, const std::vector<uint64_t>& wanted);

  sys::Bytes bytes() const { return {bytes_.data(), used_}; }
  // Where the DIE begins in bytes(), its offset counted from the unit's beginning; the size of
  // bytes() when it was not kept.
  size_t PositionOf(uint64_t die) const;
  // The other way round; 0 when none begins there.
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
  sys::PageBuffer index_;  // of Kept, rising in both
  size_t count_ = 0;
  std::vector<Open> open_;
  size_t holding_ = 0;  // of open_, how many hold wanted addresses
  bool full_ = false;
};

}  // namespace pprof::symbolize
