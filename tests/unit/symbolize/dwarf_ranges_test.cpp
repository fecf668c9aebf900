#include <gtest/gtest.h>

#include <algorithm>

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/format/ranges.h"
#include "profiler/symbolize/dwarf/format/unit.h"
#include "tests/unit/symbolize/byte_writer.h"

namespace pprof::symbolize {
namespace {

using Pairs = std::vector<std::pair<uint64_t, uint64_t>>;

Pairs ToPairs(const std::vector<AddressRange>& ranges) {
  Pairs pairs;
  for (const AddressRange& range : ranges) pairs.emplace_back(range.begin, range.end);
  return pairs;
}

RangeListReader Reader(const ByteWriter& section, uint16_t version) {
  RangeListReader reader;
  reader.section_from = [&](uint64_t offset) { return section.view().From(offset); };
  reader.encoding = {version, 8, false};
  reader.base_address = 0x1000;
  reader.address_of = [](uint64_t index) { return 0x8000 + index * 0x10; };
  return reader;
}

TEST(DwarfRanges, Version4WithBaseAddresses) {
  ByteWriter section;
  section.U64(0x10).U64(0x20).U64(~uint64_t{0}).U64(0x4000).U64(0).U64(8).U64(0).U64(0);
  std::vector<AddressRange> ranges;
  Reader(section, 4).ReadVersion4(0, &ranges);
  EXPECT_EQ(ToPairs(ranges), (Pairs{{0x1010, 0x1020}, {0x4000, 0x4008}}));
}

TEST(DwarfRanges, Version4InPartsIsReadToItsEnd) {
  constexpr uint64_t kPairs = 2 * RangeListReader::kPartBytes / 16 + 3;
  ByteWriter section;
  section.U64(7).U64(7);  // of another list
  for (uint64_t i = 1; i <= kPairs; ++i) section.U64(i * 0x10).U64(i * 0x10 + 8);
  section.U64(0).U64(0).U64(0x90).U64(0x98);
  RangeListReader reader = Reader(section, 4);
  size_t parts = 0;
  reader.section_from = [&](uint64_t offset) {
    ++parts;
    const sys::Bytes rest = section.view().From(offset);
    return rest.Slice(0, std::min<uint64_t>(RangeListReader::kPartBytes, rest.size));
  };
  std::vector<AddressRange> ranges;
  reader.ReadVersion4(16, &ranges);
  ASSERT_EQ(ranges.size(), kPairs);
  EXPECT_EQ(ranges.back().begin, 0x1000 + kPairs * 0x10);
  EXPECT_EQ(parts, 3u);
}

TEST(DwarfRanges, Version5EveryKind) {
  ByteWriter section;
  section.U8(dwarf::kRangeOffsetPair).Uleb(1).Uleb(2);
  section.U8(dwarf::kRangeBaseAddress).U64(0x3000).U8(dwarf::kRangeOffsetPair).Uleb(0).Uleb(4);
  section.U8(dwarf::kRangeBaseAddressx).Uleb(2).U8(dwarf::kRangeOffsetPair).Uleb(0).Uleb(5);
  section.U8(dwarf::kRangeStartxEndx).Uleb(0).Uleb(1);
  section.U8(dwarf::kRangeStartxLength).Uleb(3).Uleb(7);
  section.U8(dwarf::kRangeStartEnd).U64(0x5000).U64(0x5001);
  section.U8(dwarf::kRangeStartLength).U64(0x6000).Uleb(6).U8(dwarf::kRangeEnd);
  std::vector<AddressRange> ranges;
  Reader(section, 5).ReadVersion5({FormValue::kSectionOffset, 0, {}}, &ranges);
  EXPECT_EQ(ToPairs(ranges), (Pairs{{0x1001, 0x1002},
                                    {0x3000, 0x3004},
                                    {0x8020, 0x8025},
                                    {0x8000, 0x8010},
                                    {0x8030, 0x8037},
                                    {0x5000, 0x5001},
                                    {0x6000, 0x6006}}));
}

TEST(DwarfRanges, NumberedListsGoThroughTheTableOfOffsets) {
  ByteWriter section;
  section.U32(8).U32(12).U32(0);  // offsets from their own start
  section.U8(dwarf::kRangeOffsetPair).Uleb(1).Uleb(2).U8(dwarf::kRangeEnd);
  RangeListReader reader = Reader(section, 5);
  std::vector<AddressRange> ranges;
  reader.ReadVersion5({FormValue::kListIndex, 1, {}}, &ranges);
  EXPECT_EQ(ToPairs(ranges), (Pairs{{0x1001, 0x1002}}));
  reader.ReadVersion5({FormValue::kListIndex, ~uint64_t{0}, {}}, &ranges);
  reader.ReadVersion5({FormValue::kListIndex, 1000, {}}, &ranges);
  EXPECT_EQ(ranges.size(), 1u);
}

TEST(DwarfRanges, DiscardedCodeAndInvertedRangesAreLeftOut) {
  ByteWriter section;
  section.U8(dwarf::kRangeStartEnd).U64(0).U64(0x100);
  section.U8(dwarf::kRangeStartEnd).U64(0x200).U64(0x100);
  section.U8(dwarf::kRangeStartLength).U64(0x200).Uleb(~uint64_t{0}).U8(dwarf::kRangeEnd);
  std::vector<AddressRange> ranges;
  Reader(section, 5).ReadVersion5({FormValue::kSectionOffset, 0, {}}, &ranges);
  EXPECT_TRUE(ranges.empty());
}

TEST(DwarfRanges, ListWithoutEndStops) {
  ByteWriter section;
  for (int i = 0; i < 1000; ++i) section.U64(1).U64(2);
  std::vector<AddressRange> ranges;
  Reader(section, 4).ReadVersion4(0, &ranges);
  EXPECT_EQ(ranges.size(), 1000u);
}

}  // namespace
}  // namespace pprof::symbolize
