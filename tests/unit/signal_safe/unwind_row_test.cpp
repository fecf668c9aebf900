#include "profiler/signal_safe/unwind/unwind_row.h"

#include <gtest/gtest.h>

namespace pprof::signal_safe {
namespace {

void ExpectSame(const UnwindRow& a, const UnwindRow& b) {
  EXPECT_EQ(a.cfa, b.cfa);
  EXPECT_EQ(a.offset, b.offset);
  EXPECT_EQ(a.rbp.rule, b.rbp.rule);
  EXPECT_EQ(a.rbp.offset, b.rbp.offset);
  EXPECT_EQ(a.rbx.rule, b.rbx.rule);
  EXPECT_EQ(a.rbx.offset, b.rbx.offset);
}

TEST(UnwindRow, EveryRuleSurvivesPacking) {
  for (int cfa = 0; cfa <= static_cast<int>(CfaRule::kSignal); ++cfa) {
    for (int rbp = 0; rbp < 4; ++rbp) {
      for (int rbx = 0; rbx < 4; ++rbx) {
        const UnwindRow row{static_cast<CfaRule>(cfa),
                            8 * cfa,
                            {static_cast<Saved>(rbp), -16},
                            {static_cast<Saved>(rbx), -24}};
        ASSERT_TRUE(FitsPacked(row));
        ExpectSame(Unpack(Pack(row)), row);
      }
    }
  }
}

TEST(UnwindRow, OffsetsSurviveUpToTheirLimits) {
  for (const int32_t offset : {0, 8, -8, 4096, (1 << 26) - 1, -(1 << 26)}) {
    for (const int32_t saved : {0, -8, -16384, 16376}) {
      const UnwindRow row{
          CfaRule::kStack, offset, {Saved::kAtCfa, saved}, {Saved::kAtCfa, -saved - 8}};
      ASSERT_TRUE(FitsPacked(row)) << offset << " " << saved;
      ExpectSame(Unpack(Pack(row)), row);
    }
  }
}

TEST(UnwindRow, NumbersThatDoNotFitAreNoticed) {
  EXPECT_FALSE(FitsPacked({CfaRule::kStack, 1 << 26, {}, {}}));
  EXPECT_FALSE(FitsPacked({CfaRule::kStack, -(1 << 26) - 1, {}, {}}));
  EXPECT_FALSE(FitsPacked({CfaRule::kStack, 8, {Saved::kAtCfa, 16384}, {}}));
  EXPECT_FALSE(FitsPacked({CfaRule::kStack, 8, {}, {Saved::kAtCfa, -16392}}));
  EXPECT_FALSE(FitsPacked({CfaRule::kStack, 8, {Saved::kAtCfa, -12}, {}}));
}

TEST(UnwindRow, IsNeverZeroSoThatAnEmptySlotIsKnown) { EXPECT_NE(Pack(UnwindRow{}), 0u); }

}  // namespace
}  // namespace pprof::signal_safe
