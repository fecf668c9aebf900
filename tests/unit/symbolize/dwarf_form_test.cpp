#include <gtest/gtest.h>

#include "profiler/symbolize/dwarf/format/abbrev.h"
#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/format/form.h"
#include "tests/unit/symbolize/byte_writer.h"

namespace pprof::symbolize {
namespace {

constexpr Encoding kDwarf4{4, 8, false};
constexpr Encoding kDwarf5In64{5, 8, true};

AttributeSpec Spec(uint16_t form) { return {dwarf::kAtName, form, 0}; }

TEST(DwarfForm, SkipsAsMuchAsItReads) {
  for (const Encoding& encoding : {kDwarf4, kDwarf5In64, Encoding{2, 8, false}}) {
    for (unsigned form = 0; form < 0x30; ++form) {
      ByteWriter bytes;
      for (int i = 0; i < 64; ++i) bytes.U8(i == 0 ? 5 : i == 63 ? 0 : 1);
      sys::ByteCursor reader(bytes.view());
      sys::ByteCursor skipper(bytes.view());
      ReadForm(reader, Spec(static_cast<uint16_t>(form)), encoding);
      SkipForm(skipper, static_cast<uint16_t>(form), encoding);
      EXPECT_EQ(reader.ok(), skipper.ok()) << form;
      EXPECT_EQ(reader.left(), skipper.left()) << form;
      const int size = FormSize(static_cast<uint16_t>(form), encoding);
      if (size >= 0 && reader.ok()) {
        EXPECT_EQ(bytes.size() - reader.left(), static_cast<size_t>(size)) << form;
      }
    }
  }
}

TEST(DwarfForm, OffsetsGrowWith64BitDwarf) {
  EXPECT_EQ(FormSize(dwarf::kFormStrp, kDwarf4), 4);
  EXPECT_EQ(FormSize(dwarf::kFormStrp, kDwarf5In64), 8);
  EXPECT_EQ(FormSize(dwarf::kFormRefAddr, Encoding{2, 8, false}), 8);
  EXPECT_EQ(FormSize(dwarf::kFormRefAddr, kDwarf4), 4);
}

TEST(DwarfForm, UnknownFormFails) {
  ByteWriter bytes;
  bytes.U64(0);
  sys::ByteCursor cursor(bytes.view());
  EXPECT_FALSE(ReadForm(cursor, Spec(0x99), kDwarf4).present());
  EXPECT_FALSE(cursor.ok());
}

TEST(DwarfForm, IndirectGoesOneLevelOnly) {
  ByteWriter good;
  good.Uleb(dwarf::kFormData2).U16(77);
  sys::ByteCursor cursor(good.view());
  EXPECT_EQ(ReadForm(cursor, Spec(dwarf::kFormIndirect), kDwarf4).value, 77u);
  ByteWriter bad;
  for (int i = 0; i < 100; ++i) bad.Uleb(dwarf::kFormIndirect);
  sys::ByteCursor endless(bad.view());
  ReadForm(endless, Spec(dwarf::kFormIndirect), kDwarf4);
  EXPECT_FALSE(endless.ok());
}

TEST(DwarfForm, ImplicitConstTakesNoBytes) {
  sys::ByteCursor cursor{sys::Bytes{}};
  AttributeSpec spec = Spec(dwarf::kFormImplicitConst);
  spec.implicit = -5;
  EXPECT_EQ(static_cast<int64_t>(ReadForm(cursor, spec, kDwarf4).value), -5);
  EXPECT_TRUE(cursor.ok());
}

ByteWriter Abbreviation(uint64_t code, uint16_t form) {
  ByteWriter bytes;
  bytes.Uleb(code).Uleb(dwarf::kTagSubprogram).U8(1);
  bytes.Uleb(dwarf::kAtName).Uleb(form).Uleb(dwarf::kAtSibling).Uleb(dwarf::kFormRef4);
  return bytes.Uleb(0).Uleb(0);
}

TEST(AbbrevTable, KnowsFixedSizes) {
  ByteWriter bytes = Abbreviation(1, dwarf::kFormStrp);
  bytes.Append(Abbreviation(2, dwarf::kFormString)).U8(0);
  AbbrevTable table(std::pmr::get_default_resource());
  ASSERT_TRUE(table.Parse(bytes.view(), 0, kDwarf4));
  ASSERT_NE(table.Find(1), nullptr);
  EXPECT_EQ(table.Find(1)->fixed_size, 8);
  EXPECT_TRUE(table.Find(1)->has_sibling);
  EXPECT_EQ(table.Find(2)->fixed_size, -1);
  EXPECT_EQ(table.Find(3), nullptr);
  EXPECT_EQ(table.Find(~uint64_t{0}), nullptr);
}

TEST(AbbrevTable, SameOffsetWithOtherSizesIsReadAgain) {
  ByteWriter bytes = Abbreviation(1, dwarf::kFormStrp);
  bytes.U8(0);
  AbbrevTable table(std::pmr::get_default_resource());
  ASSERT_TRUE(table.Parse(bytes.view(), 0, kDwarf4));
  ASSERT_TRUE(table.Parse(bytes.view(), 0, kDwarf5In64));
  EXPECT_EQ(table.Find(1)->fixed_size, 12);
}

TEST(AbbrevTable, RefusesAbsurdCodes) {
  ByteWriter bytes = Abbreviation(uint64_t{1} << 40, dwarf::kFormStrp);
  AbbrevTable table(std::pmr::get_default_resource());
  EXPECT_FALSE(table.Parse(bytes.view(), 0, kDwarf4));
  EXPECT_EQ(table.Find(1), nullptr);
}

TEST(AbbrevTable, KeepsWhatCameBeforeTheDamage) {
  ByteWriter bytes = Abbreviation(1, dwarf::kFormStrp);
  bytes.Uleb(2).Uleb(dwarf::kTagSubprogram);
  AbbrevTable table(std::pmr::get_default_resource());
  EXPECT_FALSE(table.Parse(bytes.view(), 0, kDwarf4));
  EXPECT_NE(table.Find(1), nullptr);
}

}  // namespace
}  // namespace pprof::symbolize
