#include "profiler/symbolize/dwarf/format/unit.h"

#include <algorithm>
#include <utility>

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/format/ranges.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT(google-build-using-namespace): the field's own names

constexpr uint64_t kLongestLength = 12;  // 0xffffffff and eight bytes
constexpr uint32_t kEscape64 = 0xffffffff;
// Enough for any root DIE.
constexpr uint64_t kHeadBytes = 64 << 10;

}  // namespace

bool ReadUnitExtent(SectionStream& info, uint64_t offset, UnitExtent* extent) {
  if (offset >= info.size()) return false;
  sys::ByteCursor cursor(info.Window(offset, std::min(kLongestLength, info.size() - offset)));
  uint64_t length = cursor.U32();
  extent->dwarf64 = length == kEscape64;
  if (extent->dwarf64) length = cursor.U64();
  const uint64_t body = offset + (extent->dwarf64 ? 12 : 4);
  if (!cursor.ok() || length == 0) return false;
  if (body > info.size() || length > info.size() - body) return false;
  extent->offset = offset;
  extent->end = body + length;
  return true;
}

DwarfUnit::DwarfUnit(DwarfSections& sections, AbbrevTable& abbrevs, const SplitContext* split)
    : sections_(&sections), abbrevs_(&abbrevs), split_(split) {}

bool DwarfUnit::Open(const UnitExtent& extent) {
  extent_ = extent;
  compact_.reset();
  const uint64_t size = extent.end - extent.offset;
  bytes_ = sections_->info.Window(extent.offset, std::min(size, kHeadBytes));
  sys::ByteCursor cursor(bytes_);
  if (!ParseHeader(cursor)) return false;
  first_die_ = OffsetOf(cursor.position());
  // A damaged table may still have the codes needed.
  if (split_ != nullptr) {
    abbrevs_->Parse(split_->abbrev, abbrev_offset_, encoding_);
  } else {
    sections_->abbrevs.ParseInto(*abbrevs_, abbrev_offset_, encoding_);
  }
  return ReadRoot();
}

bool DwarfUnit::LoadDies(const std::vector<uint64_t>& wanted) {
  const uint64_t size = extent_.end - extent_.offset;
  if (bytes_.size == size) return true;
  if (size <= sections_->max_whole_unit) {
    bytes_ = sections_->info.Window(extent_.offset, size);
    return !bytes_.empty();
  }
  if (size > UINT32_MAX) return false;
  auto compact = std::make_unique<CompactDies>();
  compact->Read(*this, wanted);
  compact_ = std::move(compact);
  bytes_ = compact_->bytes();
  return !bytes_.empty();
}

bool DwarfUnit::ParseHeader(sys::ByteCursor& cursor) {
  cursor.Skip(extent_.dwarf64 ? 12 : 4);
  encoding_.dwarf64 = extent_.dwarf64;
  encoding_.version = cursor.U16();
  if (encoding_.version < 2 || encoding_.version > 5) return false;
  uint8_t type = kUnitCompile;
  if (encoding_.version >= 5) {
    type = cursor.U8();
    encoding_.address_size = cursor.U8();
    abbrev_offset_ = cursor.Offset(encoding_.dwarf64);
  } else {
    abbrev_offset_ = cursor.Offset(encoding_.dwarf64);
    encoding_.address_size = cursor.U8();
  }
  if (type == kUnitSkeleton || type == kUnitSplitCompile) dwo_id_ = cursor.U64();
  is_skeleton_ = type == kUnitSkeleton;
  return cursor.ok() && encoding_.address_size == 8 && type != kUnitType && type != kUnitSplitType;
}

bool DwarfUnit::ReadRoot() {
  sys::ByteCursor cursor = CursorAt(first_die_);
  const Abbrev* abbrev = ReadCode(cursor);
  if (abbrev == nullptr) return false;
  if (encoding_.version >= 5) {  // after the table's header, where producers put the base
    str_offsets_base_ = encoding_.dwarf64 ? 16 : 8;
    addr_base_ = str_offsets_base_;
    ranges_base_ = encoding_.dwarf64 ? 20 : 12;
  }
  for (const AttributeSpec* spec = abbrevs_->begin(*abbrev); spec != abbrevs_->end(*abbrev);
       ++spec) {
    ReadRootAttribute(*spec, Read(cursor, *spec));
  }
  if (!cursor.ok()) return false;
  if (split_ != nullptr) {
    addr_base_ = split_->addr_base;
    low_pc_ = split_->low_pc;
    if (encoding_.version < 5) ranges_base_ = split_->ranges_base;
  } else {
    low_pc_ = Address(root_low_);
    AppendRanges(root_low_, root_high_, root_ranges_, &ranges_);
  }
  return true;
}

void DwarfUnit::ReadRootAttribute(const AttributeSpec& spec, const FormValue& value) {
  switch (spec.name) {
    case kAtLowPc:
      root_low_ = value;
      break;
    case kAtHighPc:
      root_high_ = value;
      break;
    case kAtRanges:
      root_ranges_ = value;
      break;
    case kAtStmtList:
      line_offset_ = value;
      break;
    case kAtCompDir:
      comp_dir_ = value;
      break;
    case kAtStrOffsetsBase:
      str_offsets_base_ = value.value;
      break;
    case kAtAddrBase:
    case kAtGnuAddrBase:
      addr_base_ = value.value;
      break;
    case kAtRnglistsBase:
    case kAtGnuRangesBase:
      ranges_base_ = value.value;
      break;
    case kAtGnuDwoId:
      dwo_id_ = value.value;
      break;
    case kAtDwoName:
    case kAtGnuDwoName:
      dwo_name_ = value;
      if (split_ == nullptr) is_skeleton_ = true;
      break;
    default:
      break;
  }
}

void DwarfUnit::SkipOneByOne(sys::ByteCursor& cursor, const Abbrev& abbrev) const {
  const AttributeSpec* end = abbrevs_->end(abbrev);
  for (const AttributeSpec* spec = abbrevs_->begin(abbrev); spec != end; ++spec) {
    SkipForm(cursor, *spec, encoding_);
  }
}

uint64_t DwarfUnit::Address(const FormValue& value) const {
  if (value.kind == FormValue::kAddress) return value.value;
  if (value.kind != FormValue::kAddressIndex || value.value >> 32 != 0) return 0;
  DwarfSections* holder = split_ != nullptr ? split_->skeleton_sections : sections_;
  return sys::ByteCursor(holder->addr.Get().From(addr_base_).From(value.value * 8)).U64();
}

sys::Bytes DwarfUnit::StringOffsets() const {
  return split_ != nullptr ? split_->str_offsets : sections_->str_offsets.Get();
}

StringId DwarfUnit::String(const FormValue& value, StringPool& strings) const {
  uint64_t offset = value.value;
  FileRole role = sections_->role;
  if (value.kind == FormValue::kText) return strings.Intern(value.text);
  if (value.kind == FormValue::kLineString) {
    return strings.Intern(sys::ByteCursor(sections_->line_str.Get().From(offset)).CString());
  }
  if (value.kind == FormValue::kStringIndex) {
    if (offset >> 32 != 0) return kNoString;
    const uint64_t at = offset * encoding_.offset_size();
    sys::ByteCursor cursor(StringOffsets().From(str_offsets_base_).From(at));
    offset = cursor.Offset(encoding_.dwarf64);
    if (!cursor.ok()) return kNoString;
  } else if (value.kind == FormValue::kAltString) {
    role = FileRole::kAlternate;
  } else if (value.kind != FormValue::kString) {
    return kNoString;
  }
  if (role == FileRole::kSplit) {
    return strings.Intern(sys::ByteCursor(sections_->split_str.Get().From(offset)).CString());
  }
  return strings.Defer(static_cast<uint32_t>(role), offset);
}

void DwarfUnit::AppendRanges(const FormValue& low, const FormValue& high, const FormValue& list,
                             std::vector<AddressRange>* ranges) const {
  if (!list.present()) {
    const uint64_t begin = Address(low);
    const uint64_t end = high.kind == FormValue::kConstant ? begin + high.value : Address(high);
    // Linkers write 0 or 1 where the code was discarded.
    if (begin > 1 && begin < end) ranges->push_back({begin, end});
    return;
  }
  RangeListReader reader;
  reader.encoding = encoding_;
  reader.lists_base = ranges_base_;
  reader.base_address = low_pc_;
  reader.address_of = [this](uint64_t index) {
    return Address({FormValue::kAddressIndex, index, {}});
  };
  const bool split = split_ != nullptr;
  if (encoding_.version >= 5) {
    reader.section_from = [this](uint64_t offset) {
      return split_ != nullptr ? split_->rnglists.From(offset) : sections_->rnglists.From(offset);
    };
    reader.ReadVersion5(list, ranges);
  } else {
    reader.section_from = [this](uint64_t offset) {
      DwarfSections* holder = split_ != nullptr ? split_->skeleton_sections : sections_;
      return holder->ranges.Part(offset, RangeListReader::kPartBytes);
    };
    reader.ReadVersion4(list.value + (split ? ranges_base_ : 0), ranges);
  }
}

}  // namespace pprof::symbolize
