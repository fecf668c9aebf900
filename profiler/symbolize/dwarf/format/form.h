// Attribute values: the encoding and meaning of each form.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

// The parameters that form sizes depend on.
struct Encoding {
  uint16_t version = 0;
  uint8_t address_size = 0;
  bool dwarf64 = false;

  unsigned offset_size() const { return dwarf64 ? 8 : 4; }
};

inline bool operator==(const Encoding& a, const Encoding& b) {
  return a.version == b.version && a.address_size == b.address_size && a.dwarf64 == b.dwarf64;
}

struct AttributeSpec {
  uint16_t name = 0;
  uint16_t form = 0;
  int64_t implicit = 0;  // the value for DW_FORM_implicit_const
  int8_t size = -1;      // FormSize() of the form, if cached
};

struct FormValue {
  enum Kind : uint8_t {
    kNone,  // absent, or a form not used by any attribute read here
    kConstant,
    kAddress,
    kAddressIndex,   // into .debug_addr
    kUnitReference,  // offset of a DIE from the start of its unit
    kReference,      // offset of a DIE in .debug_info
    kAltReference,   // offset of a DIE in the alternate file's .debug_info
    kText,           // the text itself
    kString,         // offset in .debug_str
    kLineString,     // offset in .debug_line_str
    kStringIndex,    // into .debug_str_offsets
    kAltString,      // offset in the alternate file's .debug_str
    kSectionOffset,
    kListIndex,  // of a range or location list
  };
  Kind kind = kNone;
  uint64_t value = 0;
  std::string_view text;

  bool present() const { return kind != kNone; }
};

// Size of the form in bytes; -1 if it depends on the contents.
int FormSize(uint16_t form, const Encoding& encoding);

// Errors: an unknown form makes the cursor fail. `spec`: from the abbreviation.
FormValue ReadForm(sys::ByteCursor& cursor, const AttributeSpec& spec, const Encoding& encoding);
void SkipForm(sys::ByteCursor& cursor, uint16_t form, const Encoding& encoding);
inline void SkipForm(sys::ByteCursor& cursor, const AttributeSpec& spec, const Encoding& encoding) {
  if (spec.size >= 0) return cursor.Skip(static_cast<uint64_t>(spec.size));
  SkipForm(cursor, spec.form, encoding);
}

}  // namespace pprof::symbolize
