#include "profiler/signal_safe/unwind/cfi/unwind_row.h"

#include <gtest/gtest.h>

namespace pprof::signal_safe {
namespace {

void ExpectSame(const UnwindRow& a, const UnwindRow& b) {
  EXPECT_EQ(a.cfa, b.cfa);
  EXPECT_EQ(a.base, b.base);
  EXPECT_EQ(a.after_call, b.after_call);
  EXPECT_EQ(a.offset, b.offset);
  EXPECT_EQ(a.addend, b.addend);
  EXPECT_EQ(a.rbp.rule, b.rbp.rule);
  EXPECT_EQ(a.rbp.offset, b.rbp.offset);
  EXPECT_EQ(a.rbx.rule, b.rbx.rule);
  EXPECT_EQ(a.rbx.offset, b.rbx.offset);
}

UnwindRow RowOf(CfaRule cfa, int32_t offset, int32_t addend = 0) {
  UnwindRow row;
  row.cfa = cfa;
  row.offset = offset;
  row.addend = addend;
  return row;
}

TEST(UnwindRow, EveryRuleSurvivesPacking) {
  for (int cfa = 0; cfa <= static_cast<int>(CfaRule::kNoModule); ++cfa) {
    for (int saved = 0; saved < 16; ++saved) {
      UnwindRow row = RowOf(static_cast<CfaRule>(cfa), 8 * cfa);
      row.base = static_cast<uint8_t>(saved);
      row.after_call = saved % 3 == 0;
      row.rbp = {static_cast<Saved>(saved % 4), -16};
      row.rbx = {static_cast<Saved>(saved / 4), -24};
      ASSERT_TRUE(FitsPacked(row));
      ExpectSame(Unpack(Pack(row)), row);
      EXPECT_EQ(RuleOf(Pack(row)), row.cfa);
    }
  }
}

TEST(UnwindRow, OffsetsSurviveUpToTheirLimits) {
  for (const int32_t offset : {0, 8, -8, 4096, (1 << 25) - 1, -(1 << 25)}) {
    for (const int32_t saved : {0, -8, -16384, 16376}) {
      UnwindRow row = RowOf(CfaRule::kStack, offset);
      row.rbp = {Saved::kAtCfa, saved};
      row.rbx = {Saved::kAtRbp, -saved - 8};
      ASSERT_TRUE(FitsPacked(row)) << offset << " " << saved;
      ExpectSame(Unpack(Pack(row)), row);
    }
  }
}

TEST(UnwindRow, AValueFromMemoryHasTwoOffsets) {
  for (const int32_t offset : {0, -8, 7424, (1 << 17) - 1, -(1 << 17)}) {
    for (const int32_t addend : {0, 8, 127, -128}) {
      const UnwindRow row = RowOf(CfaRule::kDeref, offset, addend);
      ASSERT_TRUE(FitsPacked(row)) << offset << " " << addend;
      ExpectSame(Unpack(Pack(row)), row);
    }
  }
}

TEST(UnwindRow, NumbersThatDoNotFitAreNoticed) {
  EXPECT_FALSE(FitsPacked(RowOf(CfaRule::kStack, 1 << 25)));
  EXPECT_FALSE(FitsPacked(RowOf(CfaRule::kStack, -(1 << 25) - 1)));
  EXPECT_FALSE(FitsPacked(RowOf(CfaRule::kStack, 8, 8))) << "only kDeref has an addend";
  EXPECT_FALSE(FitsPacked(RowOf(CfaRule::kDeref, 1 << 17, 8)));
  EXPECT_FALSE(FitsPacked(RowOf(CfaRule::kDeref, 8, 128)));
  for (const int32_t saved : {16384, -16392, -12}) {
    UnwindRow row = RowOf(CfaRule::kStack, 8);
    row.rbp = {Saved::kAtCfa, saved};
    EXPECT_FALSE(FitsPacked(row)) << saved;
    row.rbp = {};
    row.rbx = {Saved::kAtCfa, saved};
    EXPECT_FALSE(FitsPacked(row)) << saved;
  }
}

TEST(UnwindRow, IsNeverZeroSoThatAnEmptySlotIsKnown) { EXPECT_NE(Pack(UnwindRow{}), 0u); }

}  // namespace
}  // namespace pprof::signal_safe
