#include "profiler/symbolize/dwarf/format/ranges.h"

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/format/unit.h"

namespace pprof::symbolize {
namespace {

void Append(uint64_t begin, uint64_t end, std::vector<AddressRange>* ranges) {
  // Linkers write 0 or 1 where the code of a range was discarded.
  if (begin > 1 && begin < end) ranges->push_back({begin, end});
}

}  // namespace

void RangeListReader::ReadVersion4(uint64_t offset, std::vector<AddressRange>* ranges) const {
  constexpr uint64_t kPairBytes = 16;
  static_assert(kPartBytes % kPairBytes == 0, "no pair is in two parts");
  uint64_t base = base_address;
  sys::Bytes part = section_from(offset);
  sys::ByteCursor cursor(part);
  const size_t limit = ranges->size() + kMaxRanges;
  while (ranges->size() < limit) {
    if (cursor.AtEnd() && part.size != 0) {
      offset += part.size;
      cursor = sys::ByteCursor(part = section_from(offset));
    }
    const uint64_t begin = cursor.U64();
    const uint64_t end = cursor.U64();
    if (!cursor.ok() || (begin == 0 && end == 0)) return;
    if (begin == ~uint64_t{0}) {
      base = end;
    } else if (begin != end) {
      Append(base + begin, base + end, ranges);
    }
  }
}

void RangeListReader::ReadVersion5(const FormValue& list, std::vector<AddressRange>* ranges) const {
  uint64_t offset = list.value;
  if (list.kind == FormValue::kListIndex) {
    if (offset >> 32 != 0) return;
    sys::ByteCursor entry(section_from(lists_base).From(offset * encoding.offset_size()));
    offset = lists_base + entry.Offset(encoding.dwarf64);
    if (!entry.ok()) return;
  }
  sys::ByteCursor cursor(section_from(offset));
  uint64_t base = base_address;
  const size_t limit = ranges->size() + kMaxRanges;
  while (ranges->size() < limit && ReadEntry(cursor, &base, ranges)) {
  }
}

bool RangeListReader::ReadEntry(sys::ByteCursor& cursor, uint64_t* base,
                                std::vector<AddressRange>* ranges) const {
  uint64_t begin = 0;
  uint64_t end = 0;
  switch (cursor.U8()) {
    case dwarf::kRangeBaseAddressx:
      *base = address_of(cursor.Uleb());
      return cursor.ok();
    case dwarf::kRangeBaseAddress:
      *base = cursor.U64();
      return cursor.ok();
    case dwarf::kRangeStartxEndx:
      begin = address_of(cursor.Uleb());
      end = address_of(cursor.Uleb());
      break;
    case dwarf::kRangeStartxLength:
      begin = address_of(cursor.Uleb());
      end = begin + cursor.Uleb();
      break;
    case dwarf::kRangeOffsetPair:
      begin = *base + cursor.Uleb();
      end = *base + cursor.Uleb();
      break;
    case dwarf::kRangeStartEnd:
      begin = cursor.U64();
      end = cursor.U64();
      break;
    case dwarf::kRangeStartLength:
      begin = cursor.U64();
      end = begin + cursor.Uleb();
      break;
    default:
      return false;
  }
  if (cursor.ok()) Append(begin, end, ranges);
  return cursor.ok();
}

}  // namespace pprof::symbolize
