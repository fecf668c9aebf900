#include "profiler/symbolize/dwarf/format/abbrev.h"

#include <algorithm>

#include "profiler/symbolize/dwarf/format/constants.h"

namespace pprof::symbolize {
namespace {

// The largest units of real programs have some thousand codes; with dwz and LTO some ten thousand.
constexpr uint64_t kMaxCode = 1 << 18;
constexpr size_t kMaxAttributes = 1 << 21;
constexpr uint32_t kMaxAttributesOfOne = 1 << 12;
constexpr uint64_t kMaxNumber = 0xffff;

}  // namespace

bool AbbrevTable::Parse(sys::Bytes section, uint64_t offset, const Encoding& encoding) {
  if (Holds(section.data, offset, encoding)) return true;
  return Parse(section.From(offset), section.data, offset, encoding);
}

bool AbbrevTable::Parse(sys::Bytes bytes, const void* source, uint64_t offset,
                        const Encoding& encoding) {
  abbrevs_.clear();
  // A dummy first element, so that begin() of an empty list is a valid address.
  attributes_.assign(1, AttributeSpec{});
  source_ = source;
  offset_ = offset;
  encoding_ = encoding;
  valid_ = !bytes.empty() && ParseEntries(sys::ByteCursor(bytes));
  return valid_;
}

bool AbbrevTable::ParseEntries(sys::ByteCursor cursor) {
  while (cursor.ok()) {
    const uint64_t code = cursor.Uleb();
    if (!cursor.ok() || code > kMaxCode) return false;
    if (code == 0) return true;
    if (!ParseOne(cursor, code)) return false;
  }
  return false;
}

bool AbbrevTable::ParseOne(sys::ByteCursor& cursor, uint64_t code) {
  Abbrev abbrev;
  abbrev.tag = static_cast<uint16_t>(std::min(cursor.Uleb(), kMaxNumber));
  abbrev.has_children = cursor.U8() != 0;
  abbrev.first = static_cast<uint32_t>(attributes_.size());
  int32_t fixed = 0;
  while (true) {
    AttributeSpec spec;
    spec.name = static_cast<uint16_t>(std::min(cursor.Uleb(), kMaxNumber));
    spec.form = static_cast<uint16_t>(std::min(cursor.Uleb(), kMaxNumber));
    if (spec.form == dwarf::kFormImplicitConst) spec.implicit = cursor.Sleb();
    if (!cursor.ok()) return false;
    if (spec.name == 0 && spec.form == 0) break;
    if (attributes_.size() >= kMaxAttributes || ++abbrev.count > kMaxAttributesOfOne) return false;
    const int size = FormSize(spec.form, encoding_);
    if (spec.name == dwarf::kAtSibling) {
      abbrev.has_sibling = true;
      abbrev.sibling_at = fixed;
      abbrev.sibling = abbrev.count - 1;
    }
    abbrev.has_code |= spec.name == dwarf::kAtLowPc || spec.name == dwarf::kAtRanges;
    fixed = size < 0 || fixed < 0 ? -1 : fixed + size;
    spec.size = static_cast<int8_t>(size);
    attributes_.push_back(spec);
  }
  abbrev.fixed_size = fixed;
  if (abbrevs_.size() <= code) abbrevs_.resize(code + 1);
  abbrevs_[code] = abbrev;
  return true;
}

}  // namespace pprof::symbolize
