// Tables of addresses that the test wrote, and the units that are needed by them.
#include "profiler/symbolize/dwarf/aranges.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/unit/symbolize/byte_writer.h"

namespace pprof::symbolize {
namespace {

using Pairs = std::vector<std::pair<uint64_t, uint64_t>>;  // begin and length

// One set. Pairs are aligned to their size, from the set's beginning.
ByteWriter Set(uint64_t unit, const Pairs& pairs, bool dwarf64 = false, uint8_t address_size = 8) {
  ByteWriter body;
  body.U16(2);
  dwarf64 ? body.U64(unit) : body.U32(unit);
  body.U8(address_size).U8(0);
  const size_t length_bytes = dwarf64 ? 12 : 4;
  while ((length_bytes + body.size()) % 16 != 0) body.U8(0xee);
  for (const auto& [begin, length] : pairs) body.U64(begin).U64(length);
  body.U64(0).U64(0);
  ByteWriter set;
  if (dwarf64) set.U32(0xffffffff);
  dwarf64 ? set.U64(body.size()) : set.U32(body.size());
  return set.Append(body);
}

UnitIndex Read(const ByteWriter& bytes, const std::vector<uint64_t>& wanted) {
  PendingLocations locations(std::pmr::get_default_resource());
  for (const uint64_t address : wanted) {
    locations.emplace_back(address, std::pmr::get_default_resource());
  }
  SectionData data;
  data.stored = bytes.view();
  data.size = bytes.size();
  TimeBudget budget(TimeBudget::Clock::time_point::max());
  SectionStream section(data, &budget);
  return ReadAranges(section, locations);
}

std::vector<uint64_t> Needed(const ByteWriter& bytes, const std::vector<uint64_t>& wanted) {
  return Read(bytes, wanted).needed;
}

using Units = std::vector<uint64_t>;

TEST(Aranges, OfNothingDescribeNothing) {
  EXPECT_TRUE(Read(ByteWriter(), {0x1000}).described.empty());
}

TEST(Aranges, AUnitIsNeededWhereARangeHoldsAnAddress) {
  const ByteWriter bytes = Set(70, {{0x1000, 0x100}});
  EXPECT_EQ(Needed(bytes, {0xfff}), Units());
  EXPECT_EQ(Needed(bytes, {0x1000}), Units{70});
  EXPECT_EQ(Needed(bytes, {0x10ff}), Units{70});
  EXPECT_EQ(Needed(bytes, {0x1100}), Units());
  EXPECT_EQ(Needed(bytes, {1, 0xfff, 0x1050, 0x9000}), Units{70});
  EXPECT_EQ(Needed(bytes, {}), Units());
}

TEST(Aranges, AnyOfItsRangesWillDoAndItIsNeededOnce) {
  const ByteWriter bytes = Set(70, {{0x1000, 0x10}, {0x5000, 0x10}, {0x7000, 0x10}});
  EXPECT_EQ(Needed(bytes, {0x5008}), Units{70});
  EXPECT_EQ(Needed(bytes, {0x1000, 0x5008, 0x7000}), Units{70});
}

TEST(Aranges, RangesOfNoLengthHoldNothing) {
  EXPECT_EQ(Needed(Set(70, {{0x1000, 0}}), {0x1000}), Units());
}

TEST(Aranges, RangesUpToTheLastAddress) {
  const ByteWriter bytes = Set(70, {{~uint64_t{0} - 15, 16}});
  EXPECT_EQ(Needed(bytes, {~uint64_t{0}}), Units{70});
  EXPECT_EQ(Needed(bytes, {0}), Units());
}

TEST(Aranges, ManySetsInAnyOrderAndBothOffsetSizes) {
  ByteWriter bytes = Set(900, {{0x3000, 0x10}});
  bytes.Append(Set(5, {{0x1000, 0x10}}, true)).Append(Set(70, {}));
  const UnitIndex index = Read(bytes, {0x1008, 0x3008});
  EXPECT_EQ(index.described, (Units{5, 70, 900}));
  EXPECT_EQ(index.needed, (Units{5, 900}));
}

// Of 32-bit code: not described, so that its unit is read in any case.
TEST(Aranges, OtherAddressSizesDescribeNothing) {
  ByteWriter bytes = Set(5, {{0x1000, 0x10}}, false, 4);
  bytes.Append(Set(70, {{0x2000, 0x10}}));
  const UnitIndex index = Read(bytes, {0x1008, 0x2008});
  EXPECT_EQ(index.described, Units{70});
  EXPECT_EQ(index.needed, Units{70});
}

TEST(Aranges, BehindDamageNothingIsRead) {
  ByteWriter bytes = Set(5, {{0x1000, 0x10}});
  bytes.U32(0x7fffffff).U32(1);
  EXPECT_EQ(Read(bytes, {0x1008}).described, Units{5});
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteWriter part;
    for (size_t i = 0; i < size; ++i) part.U8(bytes.bytes()[i]);
    EXPECT_LE(Read(part, {0x1008}).needed.size(), 1u);
  }
}

}  // namespace
}  // namespace pprof::symbolize
