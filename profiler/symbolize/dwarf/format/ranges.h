// Range lists: the addresses of a DIE whose code is not contiguous.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "profiler/symbolize/dwarf/format/form.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

struct AddressRange;

// Errors: a damaged list yields the ranges before the damage. Not async-signal-safe: allocates.
struct RangeListReader {
  // More than any real function or unit has; a damaged list could be as long as its section.
  static constexpr size_t kMaxRanges = 1 << 18;

  // Most lists are shorter; the next part of a longer one is asked for.
  static constexpr uint64_t kPartBytes = 4096;

  // The bytes of .debug_ranges from `offset` on, all or a part of kPartBytes; or of
  // .debug_rnglists, to the end of the contribution.
  std::function<sys::Bytes(uint64_t offset)> section_from;
  Encoding encoding;
  uint64_t lists_base = 0;    // DWARF 5: start of the offsets of numbered lists
  uint64_t base_address = 0;  // the unit's, until the list sets another one
  std::function<uint64_t(uint64_t index)> address_of;  // .debug_addr

  void ReadVersion4(uint64_t offset, std::vector<AddressRange>* ranges) const;
  void ReadVersion5(const FormValue& list, std::vector<AddressRange>* ranges) const;

 private:
  bool ReadEntry(sys::ByteCursor& cursor, uint64_t* base, std::vector<AddressRange>* ranges) const;
};

}  // namespace pprof::symbolize
