// One unit of .debug_info: its header, its root DIE, and access to its DIEs.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "profiler/symbolize/dwarf/format/abbrev.h"
#include "profiler/symbolize/dwarf/format/compact_dies.h"
#include "profiler/symbolize/dwarf/format/form.h"
#include "profiler/symbolize/dwarf/format/sections.h"
#include "profiler/symbolize/elf/string_pool.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;  // exclusive
};

// The position of a unit in its section.
struct UnitExtent {
  uint64_t offset = 0;
  uint64_t end = 0;
  bool dwarf64 = false;
};

// False at the end of the section or at damage: the next unit cannot be found then.
bool ReadUnitExtent(SectionStream& info, uint64_t offset, UnitExtent* extent);

// The values a split unit takes from its skeleton, or from the index of a package (.dwp).
struct SplitContext {
  DwarfSections* skeleton_sections = nullptr;  // for .debug_addr, and .debug_ranges in DWARF 4
  uint64_t addr_base = 0;
  uint64_t ranges_base = 0;
  uint64_t low_pc = 0;
  // The unit's parts of the package's sections; whole sections for a plain .dwo.
  sys::Bytes abbrev;
  sys::Bytes str_offsets;
  sys::Bytes rnglists;
};

// Ownership: borrows sections and abbreviations; the bytes are a window of the info section, valid
// until another part of it is read. Thread safety: none. Not async-signal-safe.
class DwarfUnit {
 public:
  // `split` is null except for units of .dwo and .dwp files.
  DwarfUnit(DwarfSections& sections, AbbrevTable& abbrevs, const SplitContext* split);

  // Reads the header and the root DIE. False for damaged units, type units, and versions other than
  // 2 to 5.
  bool Open(const UnitExtent& extent);

  // Makes the other DIEs readable. For a large unit only those that provide names, and inlined
  // calls only around `wanted` (sorted addresses). Invalidates texts of the root DIE's values.
  // False when the DIEs cannot be read.
  bool LoadDies(const std::vector<uint64_t>& wanted);
  bool is_compact() const { return compact_ != nullptr; }

  DwarfSections& sections() const { return *sections_; }
  const AbbrevTable& abbrevs() const { return *abbrevs_; }
  const Encoding& encoding() const { return encoding_; }
  uint64_t offset() const { return extent_.offset; }
  uint64_t end() const { return extent_.end; }
  uint64_t first_die() const { return first_die_; }
  sys::Bytes bytes() const { return bytes_; }
  bool Holds(uint64_t die) const { return die >= first_die_ && die < extent_.end; }

  // From the root DIE.
  bool is_skeleton() const { return is_skeleton_; }
  uint64_t dwo_id() const { return dwo_id_; }
  uint64_t addr_base() const { return addr_base_; }
  uint64_t ranges_base() const { return ranges_base_; }
  uint64_t low_pc() const { return low_pc_; }
  const FormValue& line_offset() const { return line_offset_; }
  const FormValue& comp_dir() const { return comp_dir_; }
  const FormValue& dwo_name() const { return dwo_name_; }
  const std::vector<AddressRange>& ranges() const { return ranges_; }

  // Cursor at the DIE; at the end for one dropped by compaction. REQUIRES: Holds(die).
  sys::ByteCursor CursorAt(uint64_t die) const {
    const uint64_t into = die - extent_.offset;
    return sys::ByteCursor(bytes_.From(is_compact() ? compact_->PositionOf(into) : into));
  }
  // The offset of the DIE that starts at the position.
  uint64_t OffsetOf(const uint8_t* position) const {
    const auto into = static_cast<size_t>(position - bytes_.data);
    return extent_.offset + (is_compact() ? compact_->DieAt(into) : into);
  }
  // nullptr with a failed cursor for an unknown code; nullptr with an ok cursor at the end of a
  // list of children. Inline, because it is called for every DIE.
  const Abbrev* ReadCode(sys::ByteCursor& cursor) const {
    const uint64_t code = cursor.Uleb();
    if (code == 0) return nullptr;
    const Abbrev* abbrev = abbrevs_->Find(code);
    if (abbrev == nullptr) cursor.Fail();
    return abbrev;
  }
  void SkipAttributes(sys::ByteCursor& cursor, const Abbrev& abbrev) const {
    if (abbrev.fixed_size >= 0) return cursor.Skip(static_cast<uint64_t>(abbrev.fixed_size));
    SkipOneByOne(cursor, abbrev);
  }
  FormValue Read(sys::ByteCursor& cursor, const AttributeSpec& spec) const {
    return ReadForm(cursor, spec, encoding_);
  }

  // Values as interpreted in this unit; 0, kNoString and no ranges for invalid ones.
  uint64_t Address(const FormValue& value) const;
  StringId String(const FormValue& value, StringPool& strings) const;
  void AppendRanges(const FormValue& low, const FormValue& high, const FormValue& list,
                    std::vector<AddressRange>* ranges) const;

 private:
  void SkipOneByOne(sys::ByteCursor& cursor, const Abbrev& abbrev) const;
  bool ParseHeader(sys::ByteCursor& cursor);
  bool ReadRoot();
  void ReadRootAttribute(const AttributeSpec& spec, const FormValue& value);
  sys::Bytes StringOffsets() const;

  DwarfSections* sections_;
  AbbrevTable* abbrevs_;
  const SplitContext* split_;
  UnitExtent extent_;
  Encoding encoding_;
  sys::Bytes bytes_;
  std::unique_ptr<CompactDies> compact_;  // null: bytes_ are the section's
  uint64_t abbrev_offset_ = 0;
  uint64_t first_die_ = 0;
  uint64_t dwo_id_ = 0;
  bool is_skeleton_ = false;
  uint64_t addr_base_ = 0;
  uint64_t ranges_base_ = 0;
  uint64_t str_offsets_base_ = 0;
  uint64_t low_pc_ = 0;
  FormValue root_low_, root_high_, root_ranges_;
  FormValue line_offset_, comp_dir_, dwo_name_;
  std::vector<AddressRange> ranges_;
};

}  // namespace pprof::symbolize
