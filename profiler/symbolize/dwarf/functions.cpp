#include "profiler/symbolize/dwarf/functions.h"

#include <algorithm>

#include "profiler/symbolize/dwarf/format/constants.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT(google-build-using-namespace): the field's own names

bool IsType(uint16_t tag) {
  switch (tag) {
    case kTagClass:
    case kTagEnumeration:
    case kTagStructure:
    case kTagSubroutineType:
    case kTagUnion:
      return true;
    default:
      return false;
  }
}

bool IsSubroutine(uint16_t tag) { return tag == kTagSubprogram || tag == kTagInlinedSubroutine; }

}  // namespace

FunctionScan::FunctionScan(const DwarfUnit& unit, uint64_t unit_key, PendingLocations& locations,
                           const std::vector<uint32_t>& wanted, NameTable& names)
    : unit_(unit),
      unit_key_(unit_key),
      locations_(locations),
      wanted_(wanted),
      names_(names),
      settled_(wanted.size()) {
  addresses_.reserve(wanted.size());
  for (const uint32_t index : wanted) addresses_.push_back(locations[index].address);
}

void FunctionScan::Run() {
  if (wanted_.empty()) return;
  Walk(true);
  if (EveryLocationHasFunction() || unit_.sections().budget->Spent()) return;
  // The first walk skipped functions inside types or other functions: search everywhere now.
  for (size_t i = 0; i < wanted_.size(); ++i) {
    settled_[i] = locations_[wanted_[i]].unit == unit_key_;
  }
  Walk(false);
}

bool FunctionScan::EveryLocationHasFunction() const {
  return std::all_of(wanted_.begin(), wanted_.end(), [this](uint32_t index) {
    return locations_[index].unit != PendingLocation::kNoUnit;
  });
}

void FunctionScan::Walk(bool jump) {
  depth_ = 0;
  open_.clear();
  sys::ByteCursor cursor = unit_.CursorAt(unit_.first_die());
  while (!cursor.AtEnd() && Step(cursor, jump)) {
  }
}

// False at the end of the unit.
bool FunctionScan::Step(sys::ByteCursor& cursor, bool jump) {
  const uint8_t* position = cursor.position();
  const Abbrev* abbrev = unit_.ReadCode(cursor);
  if (abbrev == nullptr) {
    if (!cursor.ok() || depth_ <= 1) return false;
    --depth_;
    if (!open_.empty() && open_.back().depth == depth_) open_.pop_back();
    return true;
  }
  if (abbrev->has_code && IsSubroutine(abbrev->tag)) {
    return EnterSubroutine(cursor, *abbrev, position, jump);
  }
  if (abbrev->has_children) {
    if (unit_.sections().budget->Spent()) return false;
    const bool skippable =
        jump && abbrev->has_sibling && (IsType(abbrev->tag) || IsSubroutine(abbrev->tag));
    if (skippable && JumpTo(cursor, ReadSibling(cursor, *abbrev))) return true;
    ++depth_;
  }
  unit_.SkipAttributes(cursor, *abbrev);
  return depth_ > 0;
}

bool FunctionScan::EnterSubroutine(sys::ByteCursor& cursor, const Abbrev& abbrev,
                                   const uint8_t* position, bool jump) {
  const bool is_function = abbrev.tag == kTagSubprogram;
  const Subroutine subroutine = ReadSubroutine(cursor, abbrev);
  if (!cursor.ok()) return false;
  const bool hit = is_function ? AddFunction(position, subroutine) : AddInlinedCall(subroutine);
  if (!abbrev.has_children) return depth_ > 0;
  if (!hit && jump && JumpTo(cursor, subroutine.sibling)) return true;
  if (is_function && hit) open_.push_back({position, depth_});
  ++depth_;
  return !unit_.sections().budget->Spent();
}

FunctionScan::Subroutine FunctionScan::ReadSubroutine(sys::ByteCursor& cursor,
                                                      const Abbrev& abbrev) const {
  Subroutine result;
  const AttributeSpec* end = unit_.abbrevs().end(abbrev);
  for (const AttributeSpec* spec = unit_.abbrevs().begin(abbrev); spec != end; ++spec) {
    switch (spec->name) {
      case kAtLowPc:
        result.low = unit_.Read(cursor, *spec);
        break;
      case kAtHighPc:
        result.high = unit_.Read(cursor, *spec);
        break;
      case kAtRanges:
        result.ranges = unit_.Read(cursor, *spec);
        break;
      case kAtAbstractOrigin:
        result.origin = unit_.Read(cursor, *spec);
        break;
      case kAtCallFile:
        result.call_file = static_cast<uint32_t>(unit_.Read(cursor, *spec).value);
        break;
      case kAtCallLine:
        result.call_line = static_cast<uint32_t>(unit_.Read(cursor, *spec).value);
        break;
      case kAtSibling: {
        const FormValue value = unit_.Read(cursor, *spec);
        if (value.kind == FormValue::kUnitReference) result.sibling = unit_.offset() + value.value;
        break;
      }
      default:
        SkipForm(cursor, *spec, unit_.encoding());
    }
  }
  return result;
}

uint64_t FunctionScan::ReadSibling(sys::ByteCursor cursor, const Abbrev& abbrev) const {
  const AttributeSpec* sibling = unit_.abbrevs().begin(abbrev) + abbrev.sibling;
  if (abbrev.sibling_at >= 0) {
    cursor.Skip(static_cast<uint64_t>(abbrev.sibling_at));
  } else {
    for (const AttributeSpec* spec = unit_.abbrevs().begin(abbrev); spec != sibling; ++spec) {
      SkipForm(cursor, *spec, unit_.encoding());
    }
  }
  const FormValue value = unit_.Read(cursor, *sibling);
  return value.kind == FormValue::kUnitReference ? unit_.offset() + value.value : 0;
}

// Forward only, so that every walk ends.
bool FunctionScan::JumpTo(sys::ByteCursor& cursor, uint64_t sibling) const {
  if (!cursor.ok() || unit_.is_compact() || !unit_.Holds(sibling)) return false;
  if (sibling < unit_.OffsetOf(cursor.position())) return false;
  cursor = unit_.CursorAt(sibling);
  return true;
}

void FunctionScan::CollectRanges(const Subroutine& subroutine) {
  ranges_.clear();
  if (!subroutine.low.present() && !subroutine.ranges.present()) return;
  unit_.AppendRanges(subroutine.low, subroutine.high, subroutine.ranges, &ranges_);
}

template <typename Visitor>
bool FunctionScan::ForEachLocation(const AddressRange& range, Visitor visit) {
  if (range.end <= addresses_.front() || range.begin > addresses_.back()) return false;
  size_t i = static_cast<size_t>(
      std::lower_bound(addresses_.begin(), addresses_.end(), range.begin) - addresses_.begin());
  bool any = false;
  for (; i < addresses_.size() && addresses_[i] < range.end; ++i) {
    any = true;
    if (!settled_[i]) visit(locations_[wanted_[i]]);
  }
  return any;
}

bool FunctionScan::AddFunction(const uint8_t* position, const Subroutine& function) {
  CollectRanges(function);
  bool hit = false;
  for (const AddressRange& range : ranges_) {
    const uint64_t bytes = range.end - range.begin;
    hit |= ForEachLocation(range, [&](PendingLocation& location) {
      // Of equal functions the innermost of the first unit wins: linkers make the debug information
      // of discarded duplicates point to the function they kept.
      if (bytes > location.function_bytes) return;
      if (bytes == location.function_bytes && location.unit != unit_key_) return;
      const uint64_t die = unit_.OffsetOf(position);
      location.unit = unit_key_;
      location.function_at = position;
      location.function_bytes = bytes;
      location.function = names_.NameOf(unit_, die);
      location.calls.clear();
    });
  }
  return hit;
}

bool FunctionScan::AddInlinedCall(const Subroutine& call) {
  if (open_.empty()) return false;
  CollectRanges(call);
  bool hit = false;
  for (const AddressRange& range : ranges_) {
    hit |= ForEachLocation(range, [&](PendingLocation& location) {
      if (location.unit != unit_key_ || location.function_at != open_.back().position) return;
      // Calls side by side that both claim the address: the later one is as good as any.
      while (!location.calls.empty() && location.calls.back().depth >= depth_) {
        location.calls.pop_back();
      }
      if (location.calls.size() >= PendingLocation::kMaxCalls) return;
      location.calls.push_back(
          {names_.NameAt(unit_, call.origin), depth_, call.call_file, call.call_line, kNoString});
    });
  }
  return hit;
}

}  // namespace pprof::symbolize
