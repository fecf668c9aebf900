// The abbreviations of one unit: which attributes a DIE of each code has, in which forms.
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
  bool has_code = false;    // has an attribute that says which addresses it has
  int32_t sibling_at = -1;  // bytes before DW_AT_sibling when that is the same for every DIE
  uint32_t sibling = 0;     // its place among the attributes
  int32_t fixed_size = -1;  // bytes of all attributes together when that is the same for every DIE
  uint32_t first = 0;       // of its attributes in the table
  uint32_t count = 0;
};

// Not thread-safe. Not signal-safe: allocates.
class AbbrevTable {
 public:
  explicit AbbrevTable(std::pmr::memory_resource* memory) : abbrevs_(memory), attributes_(memory) {}

  // Reads the table at `offset` of a section unless it is the one read last. False when it is
  // damaged or absurdly large; what was read before the damage can be used then.
  bool Parse(sys::Bytes section, uint64_t offset, const Encoding& encoding);

  // The same for a table that begins at `bytes`. `source` and `offset` are what Holds() knows it
  // by.
  bool Parse(sys::Bytes bytes, const void* source, uint64_t offset, const Encoding& encoding);
  bool Holds(const void* source, uint64_t offset, const Encoding& encoding) const {
    return valid_ && source == source_ && offset == offset_ && encoding == encoding_;
  }

  // Null when there is none.
  const Abbrev* Find(uint64_t code) const {
    return code < abbrevs_.size() && abbrevs_[code].tag != 0 ? &abbrevs_[code] : nullptr;
  }
  const AttributeSpec* begin(const Abbrev& abbrev) const { return &attributes_[abbrev.first]; }
  const AttributeSpec* end(const Abbrev& abbrev) const { return begin(abbrev) + abbrev.count; }

 private:
  bool ParseEntries(sys::ByteCursor cursor);
  bool ParseOne(sys::ByteCursor& cursor, uint64_t code);

  std::pmr::vector<Abbrev> abbrevs_;  // by code; producers number from 1 without gaps
  std::pmr::vector<AttributeSpec> attributes_;
  const void* source_ = nullptr;
  Encoding encoding_;
  uint64_t offset_ = 0;
  bool valid_ = false;
};

}  // namespace pprof::symbolize
