// The index of a package, a hash table in the file, that the test wrote.
#include "profiler/symbolize/dwarf/format/package.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/symbolize/byte_writer.h"
#include "tests/unit/symbolize/elf_writer.h"

namespace pprof::symbolize {
namespace {

constexpr uint32_t kInfo = 1, kAbbrev = 3, kStrOffsets = 6, kRnglists = 8;

struct Row {
  uint64_t dwo_id;
  uint32_t slot;
  std::vector<std::pair<uint32_t, uint32_t>> parts;  // offset and size, by column
};

ByteWriter Index(uint32_t version, uint32_t slots, const std::vector<uint32_t>& columns,
                 const std::vector<Row>& rows) {
  ByteWriter bytes;
  bytes.U32(version).U32(columns.size()).U32(rows.size()).U32(slots);
  std::vector<uint64_t> hashes(slots);
  std::vector<uint32_t> numbers(slots);
  for (size_t i = 0; i < rows.size(); ++i) {
    hashes[rows[i].slot] = rows[i].dwo_id;
    numbers[rows[i].slot] = static_cast<uint32_t>(i + 1);
  }
  for (const uint64_t hash : hashes) bytes.U64(hash);
  for (const uint32_t number : numbers) bytes.U32(number);
  for (const uint32_t kind : columns) bytes.U32(kind);
  for (const Row& row : rows) {
    for (const auto& part : row.parts) bytes.U32(part.first);
  }
  for (const Row& row : rows) {
    for (const auto& part : row.parts) bytes.U32(part.second);
  }
  return bytes;
}

// Two units of 20 bytes, 4 of them their length, behind one another.
ByteWriter TwoUnits() {
  ByteWriter info;
  for (int unit = 0; unit < 2; ++unit) {
    info.U32(16);
    for (int i = 0; i < 16; ++i) info.U8(static_cast<uint8_t>(unit));
  }
  return info;
}

ByteWriter Letters(char first, int count) {
  ByteWriter bytes;
  for (int i = 0; i < count; ++i) bytes.U8(static_cast<uint8_t>(first + i));
  return bytes;
}

std::string TextOf(sys::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

class Package {
 public:
  explicit Package(const ByteWriter& index) {
    ElfWriter writer;
    writer.AddSection(".debug_cu_index", 1, 0, index);
    writer.AddSection(".debug_info.dwo", 1, 0, TwoUnits());
    writer.AddSection(".debug_abbrev.dwo", 1, 0, Letters('a', 20));
    writer.AddSection(".debug_str_offsets.dwo", 1, 0, Letters('A', 20));
    writer.AddSection(".debug_rnglists.dwo", 1, 0, Letters('0', 10));
    bytes_ = writer.Finish();
    file_ = ElfFile::FromBytes(bytes_.view());
    sections_ = std::make_unique<DwarfSections>(*file_, FileRole::kSplit, &budget_);
    index_ = std::make_unique<PackageIndex>(*file_, &budget_);
  }
  bool Find(uint64_t dwo_id) { return index_->Find(dwo_id, *sections_, &entry_); }
  const PackageEntry& entry() const { return entry_; }

 private:
  ByteWriter bytes_;
  TimeBudget budget_{TimeBudget::Clock::time_point::max()};
  std::unique_ptr<ElfFile> file_;
  std::unique_ptr<DwarfSections> sections_;
  std::unique_ptr<PackageIndex> index_;
  PackageEntry entry_;
};

const std::vector<uint32_t> kColumns = {kInfo, kAbbrev, kStrOffsets, kRnglists};

TEST(PackageIndex, FindsTheUnitAndItsPartsOfTheSections) {
  Package package(Index(5, 4, kColumns,
                        {{0x11, 1, {{20, 20}, {5, 3}, {2, 4}, {1, 2}}},
                         {0x12, 2, {{0, 20}, {0, 5}, {6, 1}, {9, 1}}}}));
  ASSERT_TRUE(package.Find(0x11));
  EXPECT_EQ(package.entry().info.offset, 20u);
  EXPECT_EQ(package.entry().info.end, 40u);
  EXPECT_EQ(TextOf(package.entry().abbrev), "fgh");
  EXPECT_EQ(TextOf(package.entry().str_offsets), "CDEF");
  EXPECT_EQ(TextOf(package.entry().rnglists), "12");
  ASSERT_TRUE(package.Find(0x12));
  EXPECT_EQ(package.entry().info.offset, 0u);
  EXPECT_EQ(TextOf(package.entry().rnglists), "9");
}

// Column 8 is something else in version 2.
TEST(PackageIndex, InVersion2ThereAreNoRangeLists) {
  Package package(Index(2, 2, kColumns, {{0x10, 0, {{0, 20}, {0, 1}, {0, 1}, {0, 9}}}}));
  ASSERT_TRUE(package.Find(0x10));
  EXPECT_TRUE(package.entry().rnglists.empty());
}

TEST(PackageIndex, WhatIsNotThereIsNotFound) {
  Package package(Index(5, 4, kColumns, {{0x11, 1, {{0, 20}, {0, 1}, {0, 1}, {0, 1}}}}));
  EXPECT_FALSE(package.Find(0x12)) << "its slot is empty";
  EXPECT_FALSE(package.Find(0x21)) << "its slot is another's, and the next one empty";
  EXPECT_FALSE(package.Find(0));
}

// Steps of the upper half of the id, made odd, round the end of the table.
TEST(PackageIndex, CollisionsAreSteppedOver) {
  const std::vector<std::pair<uint32_t, uint32_t>> parts = {{0, 20}, {0, 1}, {0, 1}, {0, 1}};
  const uint64_t step_of_three = (uint64_t{2} << 32) | 7;  // slots 7, 2, 5, 0
  Package package(
      Index(5, 8, kColumns, {{0x17, 7, parts}, {0x27, 2, parts}, {step_of_three, 5, parts}}));
  EXPECT_TRUE(package.Find(step_of_three));
  EXPECT_FALSE(package.Find((uint64_t{2} << 32) | 15)) << "the same steps, to the empty slot 0";
}

TEST(PackageIndex, AFullTableEndsTheSearch) {
  const std::vector<std::pair<uint32_t, uint32_t>> parts = {{0, 20}, {0, 1}, {0, 1}, {0, 1}};
  Package package(Index(5, 2, kColumns, {{2, 0, parts}, {3, 1, parts}}));
  EXPECT_TRUE(package.Find(2));
  EXPECT_TRUE(package.Find(3));
  EXPECT_FALSE(package.Find(4));
}

TEST(PackageIndex, PartsOutsideOfTheirSectionAreEmpty) {
  Package package(Index(5, 2, kColumns, {{2, 0, {{0, 20}, {18, 3}, {20, 1}, {0xffffffff, 2}}}}));
  ASSERT_TRUE(package.Find(2));
  EXPECT_TRUE(package.entry().abbrev.empty());
  EXPECT_TRUE(package.entry().str_offsets.empty());
  EXPECT_TRUE(package.entry().rnglists.empty());
  Package no_unit(Index(5, 2, kColumns, {{2, 0, {{1000, 20}, {0, 1}, {0, 1}, {0, 1}}}}));
  EXPECT_FALSE(no_unit.Find(2));
}

TEST(PackageIndex, HeadersThatCannotBeAreRefused) {
  const std::vector<Row> rows = {{2, 0, {{0, 20}, {0, 1}, {0, 1}, {0, 1}}}};
  for (const uint32_t version : {0, 1, 3, 4, 6}) {
    EXPECT_FALSE(Package(Index(version, 2, kColumns, rows)).Find(2)) << version;
  }
  EXPECT_FALSE(Package(Index(5, 3, kColumns, rows)).Find(2)) << "no power of two";
  ByteWriter none;
  none.U32(5).U32(1).U32(0).U32(0);
  EXPECT_FALSE(Package(none).Find(2)) << "no slots";
  ByteWriter huge;
  huge.U32(5).U32(65).U32(0xffffffff).U32(0x80000000);
  EXPECT_FALSE(Package(huge).Find(2));
  const ByteWriter whole = Index(5, 2, kColumns, rows);
  for (size_t size = 0; size < whole.size(); ++size) {
    ByteWriter part;
    for (size_t i = 0; i < size; ++i) part.U8(whole.bytes()[i]);
    EXPECT_FALSE(Package(part).Find(2)) << size;
  }
}

// A row that is not there.
TEST(PackageIndex, ARowBeyondTheUnitsIsNone) {
  ByteWriter bytes;
  bytes.U32(5).U32(1).U32(1).U32(1).U64(7).U32(2).U32(kInfo).U32(0).U32(20);
  EXPECT_FALSE(Package(bytes).Find(7));
}

}  // namespace
}  // namespace pprof::symbolize
