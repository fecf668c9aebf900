// Rules of tables reduced to rows, and applied where no row holds them.
#include "profiler/signal_safe/unwind/row_of_rules.h"

#include <gtest/gtest.h>

#include <map>

#include "profiler/signal_safe/unwind/cfi/apply_rules.h"
#include "tests/unit/unwind/made_up_record.h"

namespace pprof::signal_safe {
namespace {

using namespace dwarf_register;  // NOLINT(google-build-using-namespace): numbers only

void ExpectRow(const UnwindRow& row, CfaRule cfa, int base, int32_t offset, int32_t addend = 0) {
  EXPECT_EQ(row.cfa, cfa);
  EXPECT_EQ(row.base, base);
  EXPECT_EQ(row.offset, offset);
  EXPECT_EQ(row.addend, addend);
}

TEST(RowOfRules, TheFrameAddressCountsFromAnyRegister) {
  ExpectRow(MadeUpRecord({}).RowAt(0), CfaRule::kStack, kRsp, 8);
  ExpectRow(MadeUpRecord({0x0C, 6, 16}).RowAt(0), CfaRule::kRbp, kRbp, 16);
  for (uint8_t base = 0; base < 16; ++base) {
    if (base == kRsp || base == kRbp) continue;
    ExpectRow(MadeUpRecord({0x0C, base, 24}).RowAt(0), CfaRule::kRegister, base, 24);
  }
}

TEST(RowOfRules, SavedRegisters) {
  const UnwindRow row = MadeUpRecord({0x0E, 32, 0x86, 2, 0x83, 4}).RowAt(0);
  EXPECT_EQ(row.rbp.rule, Saved::kAtCfa);
  EXPECT_EQ(row.rbp.offset, -16);
  EXPECT_EQ(row.rbx.rule, Saved::kAtCfa);
  EXPECT_EQ(row.rbx.offset, -32);
  EXPECT_EQ(MadeUpRecord({0x07, 6}).RowAt(0).rbp.rule, Saved::kLost);
}

// libcrypto's assembler: DW_OP_breg7 rsp+N, DW_OP_deref, DW_OP_plus_uconst 8.
TEST(RowOfRules, AStackPointerThatWasSaved) {
  ExpectRow(MadeUpRecord({0x0F, 6, 0x77, 0x98, 0x01, 0x06, 0x23, 0x08}).RowAt(0), CfaRule::kDeref,
            kRsp, 152, 8);
  ExpectRow(MadeUpRecord({0x0F, 5, 0x7A, 0x78, 0x06, 0x23, 0x08}).RowAt(0), CfaRule::kDeref, 10, -8,
            8);
}

// gcc's code that realigns the stack: CFA = *(rbp - 8), rbp at rbp + 0, rbx at rbp - 16.
TEST(RowOfRules, ARealignedStack) {
  const MadeUpRecord record(
      {0x0F, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0, 0x10, 3, 2, 0x76, 0x70});
  const UnwindRow row = record.RowAt(0);
  ExpectRow(row, CfaRule::kDeref, kRbp, -8);
  EXPECT_EQ(row.rbp.rule, Saved::kAtRbp);
  EXPECT_EQ(row.rbp.offset, 0);
  EXPECT_EQ(row.rbx.rule, Saved::kAtRbp);
  EXPECT_EQ(row.rbx.offset, -16);
}

// bfd's expression for its linkage table: rsp + 8 + ((rip & 15) >= 11) * 8.
TEST(RowOfRules, AnExpressionOverTheProgramCounter) {
  const MadeUpRecord record({0x0F, 11, 0x77, 8, 0x80, 0, 0x3F, 0x1A, 0x3B, 0x2A, 0x33, 0x24, 0x22});
  for (uint64_t offset = 0; offset < 32; ++offset) {
    ExpectRow(record.RowAt(offset), CfaRule::kStack, kRsp, offset % 16 >= 11 ? 16 : 8);
  }
}

TEST(RowOfRules, OtherRulesAreForWholeEvaluations) {
  const Code kOthers[] = {
      {0x0F, 4, 0x77, 0, 0x48, 0x1A},        // a frame address that is masked
      {0x0F, 4, 0x77, 0, 0x06, 0x06},        // behind two pointers
      {0x90, 2},                             // the return address is elsewhere
      {0x09, 16, 2},                         // it is in a register
      {0x09, 6, 12},                         // rbp is in r12
      {0x16, 3, 2, 0x77, 0},                 // rbx is computed
      {0x0E, 0x80, 0x80, 0x80, 0x80, 0x01},  // a frame of 256 MiB
  };
  for (const Code& code : kOthers) {
    EXPECT_EQ(MadeUpRecord(code).RowAt(0).cfa, CfaRule::kGeneral) << int{code[1]};
  }
}

TEST(RowOfRules, OnlyTheKernelsSignalFrameHasARow) {
  const CieHead signal{1, "zRS", {1, 0x78, 16}, {1, 0x00}};
  // CFA = *(rsp + 160), return address at rsp + 168.
  const Code kernels = {0x0F, 4, 0x77, 0xA0, 0x01, 0x06, 0x10, 16, 3, 0x77, 0xA8, 0x01};
  EXPECT_EQ(MadeUpRecord({}, kernels, signal).RowAt(0).cfa, CfaRule::kSignal);
  EXPECT_EQ(MadeUpRecord({}, UsualInitial(), signal).RowAt(0).cfa, CfaRule::kGeneral);
}

class RulesInMemory : public ::testing::Test {
 protected:
  Evaluation Apply(const Code& code, const RegisterFile& frame, RegisterFile* caller) {
    const MadeUpRecord record(code);
    FrameRules rules;
    uint64_t next = 0;
    EXPECT_EQ(record.RulesAt(0, &rules, &next), NoRules::kNone);
    const MemoryReader reader{[](void* words, uintptr_t address, uintptr_t* value) {
                                auto& map = *static_cast<std::map<uintptr_t, uintptr_t>*>(words);
                                const auto found = map.find(address);
                                if (found != map.end()) *value = found->second;
                                return found != map.end();
                              },
                              &memory_};
    return ApplyRules(rules, frame, reader, caller);
  }
  RegisterFile Frame() {
    RegisterFile frame;
    frame.Set(kRsp, 0x1000);
    frame.Set(kRbp, 0x2000);
    frame.Set(kR12, 0x3000);
    return frame;
  }
  std::map<uintptr_t, uintptr_t> memory_ = {{0x1000, 0x4711}, {0xFF8, 0x815}};
};

TEST_F(RulesInMemory, GiveTheCallersRegisters) {
  RegisterFile caller;
  ASSERT_EQ(Apply({0x10, 6, 2, 0x77, 0x78, 0x09, 3, 12}, Frame(), &caller), Evaluation::kDone);
  EXPECT_EQ(caller.values[kReturnAddress], 0x4711u);
  EXPECT_EQ(caller.values[kRsp], 0x1008u);
  EXPECT_EQ(caller.values[kRbp], 0x815u);
  EXPECT_EQ(caller.values[kRbx], 0x3000u);
  EXPECT_EQ(caller.values[kR12], 0x3000u);
  EXPECT_FALSE(caller.Knows(kR15));
}

TEST_F(RulesInMemory, ReturnAddressInARegister) {
  RegisterFile caller;
  ASSERT_EQ(Apply({0x09, 16, 12}, Frame(), &caller), Evaluation::kDone);
  EXPECT_EQ(caller.values[kReturnAddress], 0x3000u);
}

TEST_F(RulesInMemory, MissingOnesAreNamed) {
  RegisterFile caller;
  EXPECT_EQ(Apply({0x0C, 15, 8}, Frame(), &caller), Evaluation::kUnknownRegister);
  EXPECT_EQ(Apply({0x0E, 32}, Frame(), &caller), Evaluation::kUnreadable);
  EXPECT_EQ(Apply({0x08, 16}, Frame(), &caller), Evaluation::kUnsupported);
}

}  // namespace
}  // namespace pprof::signal_safe
