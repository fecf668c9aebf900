#include "profiler/symbolize/dwarf/format/compact_dies.h"

#include <algorithm>
#include <cstring>

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/format/unit.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT(google-build-using-namespace): the field's own names

constexpr uint64_t kWindow = 256 << 10;
// Longer than any DIE, so that the end of a window never cuts one off.
constexpr uint64_t kLongestDie = 64 << 10;
constexpr size_t kMaxBytes = size_t{256} << 20;
constexpr size_t kMaxNesting = 1 << 16;

bool GrowTo(sys::PageBuffer* buffer, size_t bytes) {
  if (bytes <= buffer->size()) return true;
  // Untouched pages cost nothing.
  return bytes <= kMaxBytes && buffer->Resize(std::max(bytes, buffer->size() * 2));
}

// Whether the function at the cursor contains one of the addresses. Moves past its attributes.
bool HoldsWanted(const DwarfUnit& unit, sys::ByteCursor& cursor, const Abbrev& abbrev,
                 const std::vector<uint64_t>& wanted) {
  FormValue low;
  FormValue high;
  FormValue list;
  const AttributeSpec* end = unit.abbrevs().end(abbrev);
  for (const AttributeSpec* spec = unit.abbrevs().begin(abbrev); spec != end; ++spec) {
    const FormValue value = unit.Read(cursor, *spec);
    if (spec->name == kAtLowPc) low = value;
    if (spec->name == kAtHighPc) high = value;
    if (spec->name == kAtRanges) list = value;
  }
  if (!cursor.ok() || (!low.present() && !list.present())) return false;
  std::vector<AddressRange> ranges;
  unit.AppendRanges(low, high, list, &ranges);
  return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) {
    const auto at = std::lower_bound(wanted.begin(), wanted.end(), range.begin);
    return at != wanted.end() && *at < range.end;
  });
}

}  // namespace

void CompactDies::Read(const DwarfUnit& unit, const std::vector<uint64_t>& wanted) {
  uint64_t offset = unit.first_die();
  while (offset < unit.end() && !full_) {
    const uint64_t left = unit.end() - offset;
    const sys::Bytes window = unit.sections().info.Window(offset, std::min(kWindow, left));
    const uint64_t before = offset;
    if (!ReadWindow(unit, window, &offset, wanted) || offset == before) return;
    unit.sections().info.DropBefore(offset);
  }
}

// Moves `offset` past the DIEs that are entirely in the window. False at the end of the unit.
bool CompactDies::ReadWindow(const DwarfUnit& unit, sys::Bytes window, uint64_t* offset,
                             const std::vector<uint64_t>& wanted) {
  sys::ByteCursor cursor(window);
  const uint64_t begin = *offset;
  const bool last = begin + window.size == unit.end();
  while (!full_ && (last ? !cursor.AtEnd() : cursor.left() > kLongestDie)) {
    const uint8_t* position = cursor.position();
    const Abbrev* abbrev = unit.ReadCode(cursor);
    if (abbrev == nullptr) {
      if (!cursor.ok() || open_.empty()) return false;
      Close();
      if (open_.empty()) return false;
    } else {
      const Open open = ReadAttributes(unit, cursor, *abbrev, wanted);
      if (!cursor.ok()) return false;
      const auto size = static_cast<size_t>(cursor.position() - position);
      const uint64_t at = begin + static_cast<uint64_t>(position - window.data);
      Enter(at - unit.offset(), *abbrev, {position, size}, open);
    }
    *offset = begin + static_cast<uint64_t>(cursor.position() - window.data);
  }
  return true;
}

// Compacts the DIE at the cursor, and moves the cursor behind its attributes.
CompactDies::Open CompactDies::ReadAttributes(const DwarfUnit& unit, sys::ByteCursor& cursor,
                                              const Abbrev& abbrev,
                                              const std::vector<uint64_t>& wanted) const {
  if (abbrev.tag == kTagSubprogram && abbrev.has_code) {
    if (HoldsWanted(unit, cursor, abbrev, wanted)) return kHoldsWanted;
  } else {
    unit.SkipAttributes(cursor, abbrev);
  }
  const bool inlined = abbrev.tag == kTagInlinedSubroutine && holding_ > 0;
  return inlined || open_.empty() || IsScope(abbrev.tag) ? kKept : kDropped;
}

void CompactDies::Close() {
  const uint8_t end_of_children = 0;
  if (open_.back() != kDropped) Append(&end_of_children, 1);
  if (open_.back() == kHoldsWanted) --holding_;
  open_.pop_back();
}

void CompactDies::Enter(uint64_t die, const Abbrev& abbrev, sys::Bytes bytes, Open open) {
  if (open != kDropped) {
    if (!GrowTo(&index_, (count_ + 1) * sizeof(Kept))) full_ = true;
    if (full_) return;
    const Kept kept{static_cast<uint32_t>(die), static_cast<uint32_t>(used_)};
    std::memcpy(index_.data() + count_++ * sizeof(Kept), &kept, sizeof kept);
    Append(bytes.data, bytes.size);
  }
  if (!abbrev.has_children) return;
  if (open_.size() >= kMaxNesting) full_ = true;
  open_.push_back(open);
  if (open == kHoldsWanted) ++holding_;
}

void CompactDies::Append(const void* from, size_t size) {
  if (!GrowTo(&bytes_, used_ + size)) full_ = true;
  if (full_) return;
  std::memcpy(bytes_.data() + used_, from, size);
  used_ += size;
}

size_t CompactDies::PositionOf(uint64_t die) const {
  const Kept* const end = index() + count_;
  const Kept* const found = std::lower_bound(
      index(), end, die, [](const Kept& kept, uint64_t wanted) { return kept.die < wanted; });
  return found != end && found->die == die ? found->position : used_;
}

uint64_t CompactDies::DieAt(size_t position) const {
  const Kept* const end = index() + count_;
  const Kept* const found =
      std::lower_bound(index(), end, position,
                       [](const Kept& kept, size_t wanted) { return kept.position < wanted; });
  return found != end && found->position == position ? found->die : 0;
}

}  // namespace pprof::symbolize
