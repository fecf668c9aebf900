#include "profiler/symbolize/elf/elf_file.h"

#include <elf.h>
#include <gtest/gtest.h>

#include "profiler/symbolize/module/symbol_table.h"
#include "tests/unit/symbolize/elf_writer.h"

namespace pprof::symbolize {
namespace {

ByteWriter Note(uint32_t name_size, uint32_t type, std::string_view name, size_t bytes) {
  ByteWriter note;
  note.U32(name_size).U32(bytes).U32(type).Text(name);
  for (size_t i = 0; i < bytes; ++i) note.U8(0xa0 + i);
  return note;
}

ByteWriter Symbol(uint32_t name, uint8_t info, uint64_t value, uint64_t size) {
  ByteWriter symbol;
  return symbol.U32(name).U8(info).U8(0).U16(1).U64(value).U64(size);
}

constexpr uint8_t kGlobalFunction = STB_GLOBAL << 4 | STT_FUNC;
constexpr uint8_t kLocalFunction = STB_LOCAL << 4 | STT_FUNC;

TEST(ElfFile, FindsSectionsAndBuildId) {
  ElfWriter writer;
  ByteWriter text;
  text.U64(0);
  writer.AddSection(".text", 1, 0, text);
  ByteWriter notes = Note(4, 1, "GNU", 16);  // the ABI tag is first
  writer.AddSection(".note", SHT_NOTE, 0, notes.Append(Note(4, 3, "GNU", 4)));
  const ByteWriter bytes = writer.Finish();
  const auto elf = ElfFile::FromBytes(bytes.view());
  ASSERT_NE(elf, nullptr);
  EXPECT_TRUE(elf->HasSection(".text"));
  EXPECT_FALSE(elf->HasSection(".tex"));
  EXPECT_EQ(elf->build_id(), "a0a1a2a3");
}

TEST(ElfFile, OffsetsBecomeAddresses) {
  const ByteWriter bytes = ElfWriter(0x400000).Finish();
  const auto elf = ElfFile::FromBytes(bytes.view());
  ASSERT_NE(elf, nullptr);
  uint64_t address = 0;
  EXPECT_TRUE(OffsetToAddress(elf->segments(), 0x10, &address));
  EXPECT_EQ(address, 0x400010u);
  EXPECT_FALSE(OffsetToAddress(elf->segments(), 0x100000, &address));
}

TEST(ElfFile, EveryTruncationIsHarmless) {
  ElfWriter writer;
  writer.AddSection(".note", SHT_NOTE, 0, Note(4, 3, "GNU", 20));
  const ByteWriter bytes = writer.Finish();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto elf = ElfFile::FromBytes({bytes.bytes().data(), size});
    if (elf != nullptr) elf->FindSection(".note");
  }
}

TEST(ElfFile, AbsurdNoteSizesAreRefused) {
  ByteWriter note = Note(4, 3, "GNU", 20);
  std::vector<uint8_t> damaged = note.bytes();
  damaged[4] = 0xff;
  damaged[7] = 0xff;
  EXPECT_EQ(FindBuildId({damaged.data(), damaged.size()}), "");
}

class SymbolTableTest : public testing::Test {
 protected:
  std::string NameOf(uint64_t address, const ByteWriter& symbols) {
    PendingLocations locations;
    locations.emplace_back(address, std::pmr::get_default_resource());
    MatchSymbols(symbols.view(), names_.view(), {}, budget_, locations, strings_);
    return std::string(strings_.Text(locations[0].symbol.name));
  }

  StringPool strings_{std::pmr::get_default_resource()};
  TimeBudget budget_{TimeBudget::Clock::time_point::max()};
  ByteWriter names_ = std::move(ByteWriter().U8(0).Text("one").Text("two"));  // at 1 and 5
};

TEST_F(SymbolTableTest, CoversItsSizeOnly) {
  const ByteWriter symbols = Symbol(1, kGlobalFunction, 0x1000, 0x10);
  EXPECT_EQ(NameOf(0x1000, symbols), "one");
  EXPECT_EQ(NameOf(0x100f, symbols), "one");
  EXPECT_EQ(NameOf(0x1010, symbols), "");
  EXPECT_EQ(NameOf(0xfff, symbols), "");
}

TEST_F(SymbolTableTest, InnerFunctionAndGlobalAliasWin) {
  ByteWriter inner = Symbol(1, kGlobalFunction, 0x1000, 0x100);
  inner.Append(Symbol(5, kLocalFunction, 0x1010, 0x10));
  EXPECT_EQ(NameOf(0x1018, inner), "two");
  EXPECT_EQ(NameOf(0x1040, inner), "one");
  ByteWriter alias = Symbol(1, kLocalFunction, 0x1000, 0x10);
  alias.Append(Symbol(5, kGlobalFunction, 0x1000, 0x10));
  EXPECT_EQ(NameOf(0x1000, alias), "two");
}

TEST_F(SymbolTableTest, DamagedEntriesAreLeftOut) {
  ByteWriter symbols = Symbol(1000, kGlobalFunction, 0x1000, ~uint64_t{0});
  symbols.Append(Symbol(1, kGlobalFunction, 0x1000, 0x10)).U64(1);
  EXPECT_EQ(NameOf(0x1008, symbols), "one");
}

}  // namespace
}  // namespace pprof::symbolize
