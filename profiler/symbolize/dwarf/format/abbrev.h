// The abbreviations of one unit: the attributes and forms of DIEs by code.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "profiler/symbolize/dwarf/format/form.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

struct Abbrev {
  uint16_t tag = 0;  // 0: no such code
  bool has_children = false;
  bool has_sibling = false;
  bool has_code = false;    // has an attribute with its addresses
  int32_t sibling_at = -1;  // offset of DW_AT_sibling in bytes if equal for every DIE
  uint32_t sibling = 0;     // index of DW_AT_sibling among the attributes
  int32_t fixed_size = -1;  // size in bytes of all attributes if equal for every DIE
  uint32_t first = 0;       // index of its first attribute in the table
  uint32_t count = 0;
};

// Thread safety: none. Not async-signal-safe: allocates.
class AbbrevTable {
 public:
  explicit AbbrevTable(std::pmr::memory_resource* memory) : abbrevs_(memory), attributes_(memory) {}

  // Reads the table at `offset` of a section unless already loaded. False if it is damaged or
  // absurdly large; the entries before the damage are then usable.
  bool Parse(sys::Bytes section, uint64_t offset, const Encoding& encoding);

  // The same for a table that starts at `bytes`. `source` and `offset` identify it for Holds().
  bool Parse(sys::Bytes bytes, const void* source, uint64_t offset, const Encoding& encoding);
  bool Holds(const void* source, uint64_t offset, const Encoding& encoding) const {
    return valid_ && source == source_ && offset == offset_ && encoding == encoding_;
  }

  // nullptr if there is none.
  const Abbrev* Find(uint64_t code) const {
    return code < abbrevs_.size() && abbrevs_[code].tag != 0 ? &abbrevs_[code] : nullptr;
  }
  const AttributeSpec* begin(const Abbrev& abbrev) const { return &attributes_[abbrev.first]; }
  const AttributeSpec* end(const Abbrev& abbrev) const { return begin(abbrev) + abbrev.count; }

 private:
  bool ParseEntries(sys::ByteCursor cursor);
  bool ParseOne(sys::ByteCursor& cursor, uint64_t code);

  std::pmr::vector<Abbrev> abbrevs_;  // by code; producers count from 1 without gaps
  std::pmr::vector<AttributeSpec> attributes_;
  const void* source_ = nullptr;
  Encoding encoding_;
  uint64_t offset_ = 0;
  bool valid_ = false;
};

}  // namespace pprof::symbolize
