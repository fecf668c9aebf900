#include "profiler/symbolize/dwarf/aranges.h"

#include <algorithm>

#include "profiler/symbolize/dwarf/format/unit.h"

namespace pprof::symbolize {
namespace {

constexpr uint64_t kPairBytes = 16;

bool AnyWanted(const PendingLocations& locations, uint64_t begin, uint64_t length) {
  const auto at = std::lower_bound(
      locations.begin(), locations.end(), begin,
      [](const PendingLocation& location, uint64_t address) { return location.address < address; });
  return at != locations.end() && at->address - begin < length;
}

void ReadSet(sys::Bytes set, bool dwarf64, const PendingLocations& locations, UnitIndex* index) {
  sys::ByteCursor cursor(set);
  cursor.Skip(dwarf64 ? 12 : 4);
  cursor.Skip(2);  // version
  const uint64_t unit = cursor.Offset(dwarf64);
  const uint8_t address_size = cursor.U8();
  cursor.Skip(1);  // size of segment selectors
  if (!cursor.ok() || address_size != 8) return;
  const uint64_t header = set.size - cursor.left();
  cursor.Skip((kPairBytes - header % kPairBytes) % kPairBytes);  // pairs are aligned to their size
  index->described.push_back(unit);
  while (cursor.left() >= kPairBytes) {
    const uint64_t begin = cursor.U64();
    const uint64_t length = cursor.U64();
    if (!AnyWanted(locations, begin, length)) continue;
    index->needed.push_back(unit);
    return;
  }
}

}  // namespace

UnitIndex ReadAranges(SectionStream& aranges, const PendingLocations& locations) {
  UnitIndex index;
  UnitExtent extent;  // a set starts with a length in the same format as a unit
  for (uint64_t offset = 0; ReadUnitExtent(aranges, offset, &extent); offset = extent.end) {
    const sys::Bytes set = aranges.Window(extent.offset, extent.end - extent.offset);
    ReadSet(set, extent.dwarf64, locations, &index);
    aranges.DropBefore(extent.end);
  }
  std::sort(index.described.begin(), index.described.end());
  std::sort(index.needed.begin(), index.needed.end());
  return index;
}

}  // namespace pprof::symbolize
